import { describe, expect, test } from 'vitest'
import { layers, model, sequential } from '../../src/index.ts'
import { Symbolic } from '../../src/nn/layer.ts'
import { layerTypes } from '../../src/nn/layers/registry.ts'
import { applyLayer } from '../../src/nn/make-layer.ts'
import type { SameShape } from '../../src/nn/shapes/functions.ts'
import type { Dims } from '../../src/nn/shapes/shape-function.ts'

/*
 * What the compiler works out and what tracing finds, held together: each case names a shape once, as a literal that is checked
 * against the type by `npm run typecheck` and against the tensor here.
 */

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? unknown : { readonly is: A }
type Each<A> = A extends readonly Symbolic[]
  ? { readonly [K in keyof A]: A[K] extends Symbolic<infer S> ? S : never }
  : never

const seen = new Set<string>()
const note = (tensor: Symbolic) => {
  if ('call' in tensor.origin) seen.add(tensor.origin.call.layer.type)
}
function shape<A extends Dims, const E extends Dims>(tensor: Symbolic<A>, expected: E & Same<A, Readonly<E>>): void {
  note(tensor)
  expect(tensor).toBeInstanceOf(Symbolic)
  expect(tensor.shape).toEqual(expected)
}
function shapes<A extends readonly Symbolic[], const E extends readonly Dims[]>(
  tensors: A,
  expected: E & Same<Each<A>, E>,
): void {
  tensors.forEach(note)
  expect(tensors.map(tensor => tensor.shape)).toEqual(expected)
}

const vector = layers.input({ shape: [12] })
const series = layers.input({ shape: [8, 3] })
const image = layers.input({ shape: [9, 8, 3] })
const volume = layers.input({ shape: [6, 5, 4, 2] })
const openImage = layers.input({ shape: [null, 8, 3] })
const frames = layers.input({ shape: [4, 9, 8, 3] })
const ids = layers.input({ shape: [7], dtype: 'int32' })
const first = 'channelsFirst'

describe('what the compiler says of shapes is what tracing finds', () => {
  test('convolutions', () => {
    shape(layers.conv1d({ filters: 5, kernelSize: 3, padding: 'causal', dilationRate: 2 })(series), [8, 5])
    shape(layers.conv2d({ filters: 5, kernelSize: [3, 2], strides: [2, 1] })(image), [4, 7, 5])
    shape(layers.conv2d({ filters: 5, kernelSize: 3 })(openImage), [null, 6, 5])
    shape(
      layers.conv2d({ filters: 5, kernelSize: 3, dataFormat: first })(layers.input({ shape: [3, 9, 8] })),
      [5, 7, 6],
    )
    shape(layers.conv3d({ filters: 5, kernelSize: 2, padding: 'same', strides: 3 })(volume), [2, 2, 2, 5])
    shape(layers.depthwiseConv1d({ kernelSize: 3, depthMultiplier: 2 })(series), [6, 6])
    shape(layers.depthwiseConv2d({ kernelSize: 3, padding: 'same' })(image), [9, 8, 3])
    shape(layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 4, dataFormat: first })(image), [36, 6, 1])
    shape(layers.separableConv1d({ filters: 7, kernelSize: 3 })(series), [6, 7])
    shape(layers.separableConv2d({ filters: 7, kernelSize: 3, strides: 2 })(image), [4, 3, 7])
  })

  test('transposed convolutions', () => {
    shape(layers.conv1dTranspose({ filters: 5, kernelSize: 3, strides: 2 })(series), [17, 5])
    shape(layers.conv1dTranspose({ filters: 5, kernelSize: 2, strides: 3 })(series), [24, 5])
    shape(layers.conv1dTranspose({ filters: 5, kernelSize: 3, strides: 2, outputPadding: 1 })(series), [18, 5])
    shape(layers.conv2dTranspose({ filters: 5, kernelSize: 3, strides: 2, padding: 'same' })(image), [18, 16, 5])
    shape(
      layers.conv2dTranspose({ filters: 5, kernelSize: [3, 4], strides: 2, padding: 'same', outputPadding: [1, 0] })(
        image,
      ),
      [18, 14, 5],
    )
    shape(layers.conv2dTranspose({ filters: 5, kernelSize: 3, strides: 2 })(openImage), [null, 17, 5])
    shape(layers.conv2dTranspose({ filters: 5, kernelSize: 3, dilationRate: 2, dataFormat: first })(image), [5, 12, 7])
    shape(layers.conv3dTranspose({ filters: 5, kernelSize: 2, strides: 2 })(volume), [12, 10, 8, 5])
  })

  test('pooling', () => {
    shape(layers.maxPooling1d()(series), [4, 3])
    shape(layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' })(image), [5, 4, 3])
    shape(layers.maxPooling2d({ dataFormat: first })(image), [9, 4, 1])
    shape(layers.maxPooling3d({ poolSize: [2, 1, 3] })(volume), [3, 5, 1, 2])
    shape(layers.averagePooling1d({ poolSize: 3 })(series), [2, 3])
    shape(layers.averagePooling2d()(openImage), [null, 4, 3])
    shape(layers.averagePooling3d({ strides: 1 })(volume), [5, 4, 3, 2])
    shape(layers.globalMaxPooling1d()(series), [3])
    shape(layers.globalMaxPooling2d({ keepdims: true })(openImage), [1, 1, 3])
    shape(layers.globalMaxPooling3d({ dataFormat: first })(volume), [6])
    shape(layers.globalAveragePooling1d({ keepdims: true, dataFormat: first })(series), [8, 1])
    shape(layers.globalAveragePooling2d()(image), [3])
    shape(layers.globalAveragePooling3d()(volume), [2])
    shape(layers.adaptiveMaxPooling1d({ outputSize: 3 })(series), [3, 3])
    shape(layers.adaptiveMaxPooling2d({ outputSize: [2, 3] })(image), [2, 3, 3])
    shape(layers.adaptiveMaxPooling3d({ outputSize: 2 })(volume), [2, 2, 2, 2])
    shape(layers.adaptiveAveragePooling1d({ outputSize: [5], dataFormat: first })(series), [8, 5])
    shape(layers.adaptiveAveragePooling2d({ outputSize: 2 })(image), [2, 2, 3])
    shape(layers.adaptiveAveragePooling3d({ outputSize: [1, 2, 3] })(volume), [1, 2, 3, 2])
  })

  test('borders and sizes', () => {
    shape(layers.zeroPadding1d()(series), [10, 3])
    shape(layers.zeroPadding1d({ padding: [0, 3] })(series), [11, 3])
    shape(layers.zeroPadding2d({ padding: [1, [2, 3]] })(image), [11, 13, 3])
    shape(layers.zeroPadding2d({ padding: 2, dataFormat: first })(image), [9, 12, 7])
    shape(layers.zeroPadding3d()(volume), [8, 7, 6, 2])
    shape(layers.cropping1d({ cropping: [1, 2] })(series), [5, 3])
    shape(layers.cropping2d()(image), [9, 8, 3])
    shape(layers.cropping2d({ cropping: [[1, 2], 3] })(openImage), [null, 2, 3])
    shape(layers.cropping3d()(volume), [4, 3, 2, 2])
    shape(layers.upSampling1d({ size: 3 })(series), [24, 3])
    shape(layers.upSampling2d({ size: [2, 3], interpolation: 'bilinear' })(image), [18, 24, 3])
    shape(layers.upSampling2d({ dataFormat: first })(image), [9, 16, 6])
    shape(layers.upSampling3d()(volume), [12, 10, 8, 2])
    shape(layers.resizing({ height: 4, width: 5 })(image), [4, 5, 3])
    shape(layers.centerCrop({ height: 4, width: 5, dataFormat: first })(layers.input({ shape: [3, 9, 8] })), [3, 4, 5])
  })

  test('reshaping', () => {
    shape(layers.flatten()(image), [216])
    shape(layers.flatten()(openImage), [null])
    shape(layers.reshape({ targetShape: [3, -1] })(vector), [3, 4])
    shape(layers.reshape({ targetShape: [2, 6] })(vector), [2, 6])
    shape(layers.reshape({ targetShape: [-1, 4] })(openImage), [null, 4])
    shape(layers.permute({ dims: [3, 1, 2] })(openImage), [3, null, 8])
    shape(layers.repeatVector({ n: 5 })(vector), [5, 12])
  })

  test('layers of several inputs', () => {
    const row = layers.input({ shape: [8, 1] })
    const wide = layers.input({ shape: [5] })
    shape(layers.add()([series, row, layers.input({ shape: [3] })]), [8, 3])
    shape(layers.average()([image, image]), [9, 8, 3])
    shape(layers.subtract()([row, series]), [8, 3])
    shape(layers.multiply()([layers.input({ shape: [1] }), series]), [8, 3])
    shape(layers.multiply()([openImage, image]), [9, 8, 3])
    shape(layers.maximum()([openImage, openImage]), [null, 8, 3])
    shape(layers.minimum()([vector, vector]), [12])
    shape(layers.concatenate()([vector, wide, vector]), [29])
    shape(layers.concatenate({ axis: 1 })([series, layers.input({ shape: [5, 3] })]), [13, 3])
    shape(layers.concatenate({ axis: -2 })([series, layers.input({ shape: [null, 3] })]), [null, 3])
    shape(layers.concatenate({ axis: 3 })([openImage, image]), [9, 8, 6])
    shape(layers.dot({ axes: 1 })([vector, vector]), [1])
    shape(layers.dot({ axes: [2, 1] })([series, layers.input({ shape: [3, 5] })]), [8, 5])
    shape(layers.dot({ axes: -1, normalize: true })([series, layers.input({ shape: [6, 3] })]), [8, 6])
  })

  test('core and activations', () => {
    shape(layers.dense({ units: 4 })(image), [9, 8, 4])
    shape(layers.dense({ units: 4 })([vector]), [4])
    shape(layers.einsumDense({ equation: 'abc,cde->abde', outputShape: [null, 2, 5] })(series), [8, 2, 5])
    shape(layers.einsumDense({ equation: '...x,xy->...y', outputShape: 4 })(openImage), [null, 8, 4])
    shape(layers.einsumDense({ equation: 'ab...,bc->ac...', outputShape: 4 })(image), [4, 8, 3])
    shape(layers.embedding({ inputDim: 9, outputDim: 4 })(ids), [7, 4])
    const tied = layers.reversibleEmbedding({ inputDim: 9, outputDim: 4 })
    shape(tied(ids), [7, 4])
    shape(tied(layers.input({ shape: [7, 4] }), { reverse: true }), [7, 9])
    for (const layer of [layers.activation({ activation: 'relu' }), layers.identity(), layers.masking()])
      shape(layer(series), [8, 3])
    for (const layer of [layers.relu(), layers.leakyRelu(), layers.elu(), layers.prelu(), layers.rrelu()])
      shape(layer(series), [8, 3])
    shape(layers.softmax()([series, layers.input({ shape: [8, 3], dtype: 'bool' })]), [8, 3])
    shape(layers.lambda<SameShape>({ function: ([x]) => x })(vector), [12])
  })

  test('attention', () => {
    const [query, value] = [layers.input({ shape: [6, 4] }), layers.input({ shape: [9, 4] })]
    const narrow = layers.input({ shape: [9, 2] })
    shape(layers.attention()([query, narrow, value]), [6, 2])
    shapes(layers.attention()([query, value], { returnAttentionScores: true }), [
      [6, 4],
      [6, 9],
    ])
    shape(layers.additiveAttention()([query, value]), [6, 4])
    shape(layers.multiHeadAttention({ numHeads: 2, keyDim: 3 })([query, value]), [6, 4])
    shape(layers.multiHeadAttention({ numHeads: 2, keyDim: 3, outputShape: [5, 2] })([query, value]), [6, 5, 2])
    shapes(
      layers.multiHeadAttention({ numHeads: 2, keyDim: 3, outputShape: 5 })([query, value], {
        returnAttentionScores: true,
      }),
      [
        [6, 5],
        [2, 6, 9],
      ],
    )
    const grouped = layers.groupedQueryAttention({ headDim: 2, numQueryHeads: 4, numKeyValueHeads: 2 })
    shapes(grouped([query, value], { returnAttentionScores: true }), [
      [6, 4],
      [4, 6, 9],
    ])
    shape(layers.rotaryEmbedding()(query), [6, 4])
  })

  test('normalisation and regularisation', () => {
    for (const layer of [
      layers.batchNormalization(),
      layers.layerNormalization(),
      layers.groupNormalization({ groups: 3 }),
      layers.rmsNormalization(),
      layers.unitNormalization(),
      layers.dropout({ rate: 0.5 }),
      layers.alphaDropout({ rate: 0.5 }),
      layers.gaussianDropout({ rate: 0.5 }),
      layers.gaussianNoise({ stddev: 0.5 }),
      layers.activityRegularization(),
    ])
      shape(layer(image), [9, 8, 3])
    shape(layers.spatialDropout1d({ rate: 0.5 })(series), [8, 3])
    shape(layers.spatialDropout2d({ rate: 0.5 })(image), [9, 8, 3])
    shape(layers.spatialDropout3d({ rate: 0.5 })(volume), [6, 5, 4, 2])
    shape(layers.spectralNormalization({ layer: layers.conv2d({ filters: 5, kernelSize: 3 }) })(image), [7, 6, 5])
  })

  test('preprocessing', () => {
    shape(layers.categoryEncoding({ numTokens: 5 })(ids), [5])
    shape(layers.categoryEncoding({ numTokens: 5, outputMode: 'oneHot' })(ids), [7, 5])
    shape(
      layers.categoryEncoding({ numTokens: 5, outputMode: 'oneHot' })(layers.input({ shape: [1], dtype: 'int32' })),
      [5],
    )
    shape(layers.categoryEncoding({ numTokens: 5, outputMode: 'count' })([ids, layers.input({ shape: [7] })]), [5])
    shape(layers.discretization({ binBoundaries: [0, 1] })(vector), [12])
    shape(layers.discretization({ binBoundaries: [0, 1], outputMode: 'oneHot' })(vector), [12, 3])
    shape(layers.hashing({ numBins: 4 })(layers.input({ shape: [7], dtype: 'int64' })), [7])
    shape(
      layers.hashedCrossing({ numBins: 4, outputMode: 'oneHot' })(layers.input({ shape: [1], dtype: 'int64' })),
      [4],
    )
    shape(layers.integerLookup({ vocabulary: [4, 5] })(layers.input({ shape: [7], dtype: 'int64' })), [7])
    const padded = layers.stringLookup({
      vocabulary: ['a'],
      maxTokens: 6,
      padToMaxTokens: true,
      outputMode: 'multiHot',
    })
    shape(padded(layers.input({ shape: [7], dtype: 'string' })), [6])
    const cut = layers.textVectorization({ vocabulary: ['a'], outputSequenceLength: 4 })
    shape(cut(layers.input({ shape: [7], dtype: 'string' })), [4])
    shape(layers.normalization({ mean: 0, variance: 1 })(series), [8, 3])
    shape(layers.rescaling({ scale: 2 })(image), [9, 8, 3])
  })

  test('recurrent layers', () => {
    shape(layers.lstm({ units: 5 })(series), [5])
    shape(layers.gru({ units: 5, returnSequences: true })(series), [8, 5])
    shapes(layers.simpleRnn({ units: 5, returnState: true })(series), [[5], [5]])
    shapes(layers.lstm({ units: 5, returnSequences: true, returnState: true })(series), [[8, 5], [5], [5]])
    shape(layers.rnn({ cell: layers.gruCell({ units: 5 }) })(series), [5])
    const stack = [layers.lstmCell({ units: 4 }), layers.simpleRnnCell({ units: 5 })] as const
    shapes(layers.rnn({ cell: stack, returnSequences: true, returnState: true })(series), [[8, 5], [4], [4], [5]])
    const [entry, state] = [layers.input({ shape: [3] }), layers.input({ shape: [5] })]
    shapes(layers.gruCell({ units: 5 })([entry, state]), [[5], [5]])
    shapes(layers.stackedRnnCells({ cells: [layers.simpleRnnCell({ units: 5 })] })([entry, state]), [[5], [5]])
    shapes(layers.lstmCell({ units: 5 })([entry, state, state]), [[5], [5], [5]])
    shapes(layers.simpleRnnCell({ units: 5 })([entry, state]), [[5], [5]])
  })

  test('convolutional recurrent layers', () => {
    const lines = layers.input({ shape: [4, 8, 2] })
    shape(layers.convLstm1d({ filters: 5, kernelSize: 3 })(lines), [6, 5])
    shape(layers.convLstm2d({ filters: 5, kernelSize: 3, strides: 2, returnSequences: true })(frames), [4, 4, 3, 5])
    shape(layers.convLstm2d({ filters: 5, kernelSize: 3, padding: 'same', dataFormat: first })(frames), [5, 8, 3])
    shapes(layers.convLstm1d({ filters: 5, kernelSize: 3, returnState: true })(lines), [
      [6, 5],
      [6, 5],
      [6, 5],
    ])
    shape(layers.convLstm3d({ filters: 3, kernelSize: 2 })(layers.input({ shape: [2, 4, 4, 3, 2] })), [3, 3, 2, 3])
  })

  test('wrappers', () => {
    const lstm = layers.lstm({ units: 5, returnSequences: true })
    shape(layers.bidirectional({ layer: lstm })(series), [8, 10])
    shape(layers.bidirectional({ layer: layers.gru({ units: 5 }), mergeMode: 'sum' })(series), [5])
    shapes(layers.bidirectional({ layer: lstm, mergeMode: null })(series), [
      [8, 5],
      [8, 5],
    ])
    shapes(layers.bidirectional({ layer: layers.lstm({ units: 5, returnState: true }) })(series), [
      [10],
      [5],
      [5],
      [5],
      [5],
    ])
    const backwardLayer = layers.gru({ units: 3, goBackwards: true })
    shape(layers.bidirectional({ layer: layers.gru({ units: 5 }), backwardLayer })(series), [8])
    shape(layers.bidirectional({ layer: layers.convLstm2d({ filters: 5, kernelSize: 3 }) })(frames), [7, 6, 10])
    shape(layers.timeDistributed({ layer: layers.conv2d({ filters: 5, kernelSize: 3 }) })(frames), [4, 7, 6, 5])
    shape(layers.timeDistributed({ layer: layers.flatten() })(frames), [4, 216])
    const encoder = sequential([
      layers.input({ shape: [9, 8, 3] }),
      layers.globalMaxPooling2d(),
      layers.dense({ units: 2 }),
    ])
    shape(layers.timeDistributed({ layer: encoder })(frames), [4, 2])
  })

  test('models', () => {
    const [a, b] = [layers.input({ shape: [4] }), layers.input({ shape: [6] })]
    const both = layers.concatenate()([layers.dense({ units: 3 })(a), b])
    const net = model({ inputs: [a, b], outputs: [both, layers.add()([a, layers.dense({ units: 4 })(both)])] })
    shape(net.outputs[0], [9])
    shape(net.outputs[1], [4])
    shapes(net([a, b]), [[9], [4]])
    shape(sequential([a, layers.dense({ units: 2 })])(a), [2])
    expect(() => applyLayer(sequential([a, layers.dense({ units: 2 })]), b)).toThrow("'input' of shape [batch, 4]")
  })

  test('augmentation and audio', () => {
    for (const layer of [
      layers.augMix(),
      layers.autoContrast(),
      layers.contrastLimitedAdaptiveHistogramEqualization(),
      layers.equalization(),
      layers.pipeline({ layers: [layers.randomFlip(), layers.randomInvert()] }),
      layers.randAugment(),
      layers.randomBrightness({ factor: 0.1 }),
      layers.randomColorDegeneration({ factor: 0.1 }),
      layers.randomColorJitter(),
      layers.randomContrast({ factor: 0.1 }),
      layers.randomElasticTransform(),
      layers.randomErasing(),
      layers.randomFlip(),
      layers.randomGaussianBlur(),
      layers.randomGrayscale(),
      layers.randomHue({ factor: 0.1 }),
      layers.randomInvert(),
      layers.randomPerspective(),
      layers.randomPosterization({ factor: 4 }),
      layers.randomRotation({ factor: 0.1 }),
      layers.randomSaturation({ factor: 0.1 }),
      layers.randomSharpness({ factor: 0.1 }),
      layers.randomShear(),
      layers.randomTranslation({ heightFactor: 0.1, widthFactor: 0.1 }),
      layers.randomZoom({ heightFactor: 0.1 }),
      layers.solarization(),
    ])
      shape(layer(image), [9, 8, 3])
    const labels = layers.input({ shape: [5] })
    shapes(layers.mixUp()([image, labels]), [[9, 8, 3], [5]])
    shapes(layers.cutMix()([image, labels]), [[9, 8, 3], [5]])
    shape(layers.randomCrop({ height: 4, width: 5 })(image), [4, 5, 3])
    const boxes = layers.input({ shape: [7, 4] })
    shape(layers.maxNumBoundingBoxes({ maxNumber: 3 })(boxes), [3, 4])
    shapes(layers.maxNumBoundingBoxes({ maxNumber: 9 })([boxes, layers.input({ shape: [7] })]), [[9, 4], [9]])
    const signal = layers.input({ shape: [1000, 2] })
    shape(layers.stftSpectrogram()(signal), [6, 258])
    shape(layers.stftSpectrogram({ mode: 'stft', frameLength: 100, expandDims: true })(signal), [19, 130, 2])
    shape(
      layers.stftSpectrogram({ frameLength: 64, frameStep: 30, fftLength: 100, padding: 'same', dataFormat: first })(
        layers.input({ shape: [2, 1000] }),
      ),
      [102, 34],
    )
    shape(layers.melSpectrogram({ fftLength: 256, sequenceStride: 100 })(layers.input({ shape: [1000] })), [128, 11])
    shape(
      layers.melSpectrogram({ fftLength: 255, sequenceStride: 100, numMelBins: 20 })(layers.input({ shape: [1000] })),
      [20, 10],
    )
  })

  test('every layer is among them', () => {
    // The second is another name of one that is.
    const others = ['Lambda', 'GroupQueryAttention']
    const missing = Object.keys(layerTypes).filter(type => !seen.has(type) && !others.includes(type))
    expect(missing).toEqual([])
  })
})
