import { layers, model, sequential } from 'tenon'

/** What does not compile, one case or more for each family of layers; `npm run typecheck` reads it, and nothing here runs. */

const vector = layers.input({ shape: [12] })
const series = layers.input({ shape: [8, 3] })
const image = layers.input({ shape: [9, 8, 3] })
const volume = layers.input({ shape: [6, 5, 4, 2] })
const openImage = layers.input({ shape: [null, null, 3] })

export function spatialLayersNeedTheirRank(): void {
  // @ts-expect-error conv1dTranspose needs inputs of shape [steps, channels]
  layers.conv1dTranspose({ filters: 2, kernelSize: 3 })(image)
  // @ts-expect-error conv2dTranspose needs inputs of shape [height, width, channels]
  layers.conv2dTranspose({ filters: 2, kernelSize: 3 })(series)
  // @ts-expect-error conv3dTranspose needs inputs of shape [channels, depth, height, width]
  layers.conv3dTranspose({ filters: 2, kernelSize: 3, dataFormat: 'channelsFirst' })(image)
  // @ts-expect-error depthwiseConv2d needs inputs of shape [height, width, channels]
  layers.depthwiseConv2d({ kernelSize: 3 })(series)
  // @ts-expect-error separableConv1d has a window larger than its input
  layers.separableConv1d({ filters: 2, kernelSize: 9 })(series)
  // @ts-expect-error conv2d has a window larger than its input: with channels first, it is 8 × 3
  layers.conv2d({ filters: 2, kernelSize: 4, dataFormat: 'channelsFirst' })(image)
  // @ts-expect-error adaptiveMaxPooling2d needs inputs of shape [height, width, channels]
  layers.adaptiveMaxPooling2d({ outputSize: 2 })(volume)
  // @ts-expect-error adaptiveAveragePooling2d needs spatial sizes that are known
  layers.adaptiveAveragePooling2d({ outputSize: 2 })(openImage)
  // @ts-expect-error globalMaxPooling1d needs inputs of shape [steps, channels]
  layers.globalMaxPooling1d()(vector)
  // @ts-expect-error zeroPadding2d needs inputs of shape [height, width, channels]
  layers.zeroPadding2d()(series)
  // @ts-expect-error cropping3d needs inputs of shape [depth, height, width, channels]
  layers.cropping3d()(image)
  // @ts-expect-error cropping1d leaves nothing of an axis
  layers.cropping1d({ cropping: [4, 4] })(series)
  // @ts-expect-error upSampling1d needs inputs of shape [steps, channels]
  layers.upSampling1d()(image)
  // @ts-expect-error resizing needs images of a known size
  layers.resizing({ height: 4, width: 4 })(openImage)
  // @ts-expect-error centerCrop needs inputs of shape [height, width, channels]
  layers.centerCrop({ height: 4, width: 4 })(series)
  // @ts-expect-error spatialDropout1d needs inputs of shape [steps, channels]
  layers.spatialDropout1d({ rate: 0.5 })(image)
}

export function signalsAndBoxesNeedTheirShapes(): void {
  // @ts-expect-error melSpectrogram needs inputs of shape [samples]
  layers.melSpectrogram()(series)
  // @ts-expect-error stftSpectrogram needs inputs of shape [steps, channels]
  layers.stftSpectrogram()(vector)
  // @ts-expect-error stftSpectrogram has frames longer than its input
  layers.stftSpectrogram()(series)
  // @ts-expect-error maxNumBoundingBoxes needs boxes of shape [n, 4]
  layers.maxNumBoundingBoxes({ maxNumber: 3 })(series)
  // @ts-expect-error randomCrop needs inputs of shape [height, width, channels]
  layers.randomCrop({ height: 3, width: 3 })(series)
}

export function recurrentLayersNeedSteps(): void {
  // @ts-expect-error lstm needs sequences of shape [steps, features]
  layers.bidirectional({ layer: layers.lstm({ units: 2 }) })(vector)
  // @ts-expect-error timeDistributed needs sequences of shape [steps, …]
  layers.timeDistributed({ layer: layers.dense({ units: 2 }) })(vector)
  // @ts-expect-error conv2d needs inputs of shape [height, width, channels], which a step of these is not
  layers.timeDistributed({ layer: layers.conv2d({ filters: 2, kernelSize: 3 }) })(image)
  // @ts-expect-error convLstm1d needs inputs of shape [steps, channels] at each step
  layers.convLstm1d({ filters: 2, kernelSize: 3 })(series)
  // @ts-expect-error convLstm2d has a window larger than its input at each step
  layers.convLstm2d({ filters: 2, kernelSize: 6 })(volume)
  // @ts-expect-error convLstm3d needs inputs of shape [depth, height, width, channels] at each step
  layers.convLstm3d({ filters: 2, kernelSize: 3 })(volume)
  // @ts-expect-error rnn needs sequences of shape [steps, …]
  layers.rnn({ cell: layers.gruCell({ units: 2 }) })(vector)
}

export function inputsMustGoTogether(): void {
  const [four, six] = [layers.input({ shape: [4] }), layers.input({ shape: [6] })]
  // @ts-expect-error add needs equal sizes, or 1, not 4 and 6
  layers.add()([four, six])
  // @ts-expect-error multiply needs equal sizes, or 1, not 8 and 9
  layers.multiply()([series, layers.input({ shape: [9, 3] })])
  // @ts-expect-error subtract needs equal sizes, or 1, not 3 and 2
  layers.subtract()([series, layers.input({ shape: [8, 2] })])
  // @ts-expect-error concatenate needs inputs that agree in all axes but the one to join, not 8 and 7
  layers.concatenate()([series, layers.input({ shape: [7, 3] })])
  // @ts-expect-error concatenate needs inputs that agree in all axes but the one to join, not 3 and 2
  layers.concatenate({ axis: 1 })([series, layers.input({ shape: [7, 2] })])
  // @ts-expect-error … not 2 axes and 1
  layers.concatenate()([series, four])
  // @ts-expect-error concatenate has no such axis
  layers.concatenate({ axis: 3 })([series, series])
  // @ts-expect-error dot needs axes of equal sizes, not 4 and 6
  layers.dot({ axes: 1 })([four, six])
  // @ts-expect-error dot needs 'axes' after the batch axis
  layers.dot({ axes: 0 })([four, four])
  // @ts-expect-error multiHeadAttention needs a query and a value of shape [steps, size]
  layers.multiHeadAttention({ numHeads: 2, keyDim: 2 })([vector, vector])
  // @ts-expect-error attention needs a query and a value of shape [steps, size]
  layers.attention()([image, image])
}

export function elementsMustBeAsMany(): void {
  // @ts-expect-error reshape needs an input of as many elements as targetShape
  layers.reshape({ targetShape: [5, 2] })(vector)
  // @ts-expect-error reshape needs an input of as many elements as targetShape
  layers.reshape({ targetShape: [5, -1] })(vector)
  // @ts-expect-error permute needs inputs with 2 axes beside the batch
  layers.permute({ dims: [2, 1] })(image)
  // @ts-expect-error repeatVector needs inputs of shape [features]
  layers.repeatVector({ n: 2 })(series)
  // @ts-expect-error dense needs a last axis of known size
  layers.dense({ units: 2 })(layers.input({ shape: [null] }))
  // @ts-expect-error einsumDense needs inputs with an axis for each letter of abc
  layers.einsumDense({ equation: 'abc,cd->abd', outputShape: [null, 4] })(image)
  // @ts-expect-error categoryEncoding needs inputs of shape [categories, …] for this outputMode
  layers.categoryEncoding({ numTokens: 3 })(layers.input({ shape: [], dtype: 'int32' }))
  // @ts-expect-error textVectorization needs texts, or inputs of at least 9 tokens
  layers.textVectorization({ outputSequenceLength: 9 })(layers.input({ shape: [7], dtype: 'string' }))
}

export function modelsTakeTheirOwnShapes(): void {
  const encoder = sequential([layers.input({ shape: [12] }), layers.dense({ units: 3 })])
  // @ts-expect-error the model needs inputs of shape [12]
  encoder(layers.input({ shape: [13] }))
  const pair = model({ inputs: [vector, series], outputs: layers.flatten()(series) })
  // @ts-expect-error the model needs inputs of shape [8, 3]
  pair([vector, vector])
  // @ts-expect-error the model at each step needs inputs of shape [12]
  layers.timeDistributed({ layer: encoder })(series)
  // @ts-expect-error the second layer is an addition of one thing, the third has no images left to convolve
  sequential([image, layers.flatten(), layers.conv2dTranspose({ filters: 2, kernelSize: 3 })])
}
