import { describe, expect, test } from 'vitest'
import { layers } from '../../../src/index.ts'
import type { AnyLayer } from '../../../src/nn/layer.ts'
import { layerTypes } from '../../../src/nn/layers/registry.ts'
import type { Dims } from '../../../src/nn/shapes/shape-function.ts'
import { type ContractCase, checkLayerContract } from '../../support/layer-contract.ts'

const series = [7, 4]
const image = [6, 5, 4]
const volume = [4, 5, 3, 2]
/** The same with sizes that vary. */
const openSeries: Dims = [null, 4]
const openImage: Dims = [null, null, 4]
const openVolume: Dims = [null, null, null, 2]

type Case = readonly [make: () => AnyLayer, ...rest: (Partial<ContractCase> & Pick<ContractCase, 'inputs'>)[]]
const of = (inputs: readonly (readonly number[])[], more: Partial<ContractCase> = {}) => ({ inputs, ...more })
const onSeries = (more: Partial<ContractCase> = {}) => of([series], { open: [openSeries], ...more })
const onImage = (more: Partial<ContractCase> = {}) => of([image], { open: [openImage], ...more })
const onVolume = (more: Partial<ContractCase> = {}) => of([volume], { open: [openVolume], ...more })
const kernel = { weights: ['kernel', 'bias'] }
const separable = { weights: ['depthwise_kernel', 'pointwise_kernel', 'bias'] }
const lora = { loraRank: 2, loraAlpha: 3 }
const pair = [
  [3, 4],
  [3, 4],
]

const cases: readonly Case[] = [
  [() => layers.conv1d({ filters: 3, kernelSize: 3 }), onSeries(kernel)],
  [() => layers.conv1d({ filters: 3, kernelSize: 3, padding: 'same', strides: 2 }), onSeries()],
  [() => layers.conv1d({ filters: 3, kernelSize: 2, padding: 'causal', dilationRate: 2, groups: 1 }), onSeries()],
  [() => layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same', ...lora }), onImage()],
  [() => layers.conv2d({ filters: 2, kernelSize: [2, 3], strides: 2, padding: 'same', useBias: false }), onImage()],
  [
    () => layers.conv2d({ filters: 2, kernelSize: 3, kernelRegularizer: 'l2', kernelConstraint: 'maxNorm' }),
    onImage({ weights: ['kernel', 'bias'] }),
  ],
  [() => layers.conv3d({ filters: 3, kernelSize: 2 }), onVolume(kernel)],
  [() => layers.conv1dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' }), onSeries(kernel)],
  [() => layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, outputPadding: 1 }), onImage(kernel)],
  [() => layers.conv3dTranspose({ filters: 3, kernelSize: 2, strides: 2 }), onVolume(kernel)],
  [() => layers.depthwiseConv1d({ kernelSize: 3, depthMultiplier: 2 }), onSeries(kernel)],
  [() => layers.depthwiseConv2d({ kernelSize: 2, strides: 2, padding: 'same' }), onImage(kernel)],
  [() => layers.separableConv1d({ filters: 3, kernelSize: 3, padding: 'same' }), onSeries(separable)],
  [() => layers.separableConv2d({ filters: 3, kernelSize: 3, depthMultiplier: 2 }), onImage(separable)],

  [() => layers.maxPooling1d({ poolSize: 3, strides: 2 }), onSeries()],
  [() => layers.maxPooling2d({ padding: 'same' }), onImage()],
  [() => layers.maxPooling3d(), onVolume()],
  [() => layers.averagePooling1d({ padding: 'same' }), onSeries()],
  [() => layers.averagePooling2d({ poolSize: 3, strides: 1 }), onImage()],
  [() => layers.averagePooling3d(), onVolume()],
  [() => layers.globalMaxPooling1d(), onSeries()],
  [() => layers.globalMaxPooling2d({ keepdims: true }), onImage()],
  [() => layers.globalMaxPooling3d(), onVolume()],
  [() => layers.globalAveragePooling1d({ keepdims: true }), onSeries()],
  [() => layers.globalAveragePooling2d(), onImage()],
  [() => layers.globalAveragePooling3d(), onVolume()],
  [() => layers.adaptiveMaxPooling1d({ outputSize: 3 }), of([series])],
  [() => layers.adaptiveMaxPooling2d({ outputSize: [1, 2] }), of([image])],
  [() => layers.adaptiveMaxPooling3d({ outputSize: 2 }), of([volume])],
  [() => layers.adaptiveAveragePooling1d({ outputSize: 9 }), of([series])],
  [() => layers.adaptiveAveragePooling2d({ outputSize: 3 }), of([image])],
  [() => layers.adaptiveAveragePooling3d({ outputSize: 2 }), of([volume])],

  [() => layers.flatten(), of([[2, 3, 2]], { open: [[null, 3, 2]] })],
  [() => layers.flatten({ dataFormat: 'channelsFirst' }), of([[2, 3, 2]])],
  [() => layers.permute({ dims: [2, 1] }), of([[2, 3]], { open: [[null, 3]] })],
  [() => layers.repeatVector({ n: 3 }), of([[4]])],
  [() => layers.reshape({ targetShape: [-1, 2] }), of([[4, 3]], { open: [[null, 3]] })],
  [() => layers.reshape({ targetShape: [3, 4] }), of([[4, 3]])],
  [() => layers.upSampling1d(), onSeries()],
  [() => layers.upSampling2d({ size: [2, 3] }), onImage()],
  [() => layers.upSampling2d({ interpolation: 'bilinear' }), onImage()],
  [() => layers.upSampling2d({ interpolation: 'bicubic' }), onImage()],
  [() => layers.upSampling2d({ interpolation: 'lanczos3' }), of([image])],
  [() => layers.upSampling2d({ interpolation: 'lanczos5', dataFormat: 'channelsFirst' }), of([image])],
  [() => layers.upSampling3d(), onVolume()],
  [() => layers.zeroPadding1d({ padding: [1, 2] }), onSeries()],
  [() => layers.zeroPadding2d({ padding: [1, [0, 2]] }), onImage()],
  [() => layers.zeroPadding3d(), onVolume()],
  [() => layers.cropping1d(), onSeries()],
  [() => layers.cropping2d({ cropping: [1, [0, 2]] }), onImage()],
  [() => layers.cropping3d(), onVolume()],

  [() => layers.add(), of(pair, { open: pair.map(() => [null, 4]) })],
  [() => layers.subtract(), of(pair)],
  [() => layers.multiply(), of([[3, 4], [4]])],
  [() => layers.average(), of([...pair, [1, 4]])],
  [() => layers.maximum(), of(pair)],
  [() => layers.minimum(), of([...pair, [3, 4]])],
  [
    () => layers.concatenate(),
    of([
      [3, 4],
      [3, 1],
    ]),
  ],
  [
    () => layers.concatenate({ axis: 1 }),
    of([
      [3, 4],
      [2, 4],
    ]),
  ],
  [
    () => layers.dot({ axes: 2, normalize: true }),
    of(
      [
        [3, 4],
        [5, 4],
      ],
      {
        open: [
          [null, 4],
          [5, 4],
        ],
      },
    ),
  ],
  [() => layers.dot({ axes: 1 }), of([[4], [4]])],

  [() => layers.dense({ units: 3 }), of([[5, 4]], { ...kernel, open: [[null, 4]] })],
  [
    () => layers.dense({ units: 3, ...lora, activityRegularizer: 'l2' }),
    of([[4]], { weights: ['kernel', 'bias', 'lora_kernel_a', 'lora_kernel_b'] }),
  ],
  [
    () => layers.einsumDense({ equation: 'abc,cde->abde', outputShape: [null, 2, 3], biasAxes: 'de', ...lora }),
    of([[5, 4]], { open: [[null, 4]], weights: ['kernel', 'bias', 'lora_kernel_a', 'lora_kernel_b'] }),
  ],
  [
    () => layers.einsumDense({ equation: '...ab,bc->...ac', outputShape: [3, 2] }),
    of([[2, 3, 4]], { weights: ['kernel'] }),
  ],
  [
    () => layers.embedding({ inputDim: 6, outputDim: 3, maskZero: true, ...lora }),
    of([[4]], {
      dtype: 'int32',
      below: 6,
      open: [[null]],
      weights: ['embeddings', 'lora_embeddings_a', 'lora_embeddings_b'],
    }),
  ],
  [() => layers.masking({ maskValue: 1 }), of([[3, 2]], { open: [[null, 2]] })],
  [() => layers.identity(), of([[3, 2]])],
  [() => layers.activation({ activation: 'tanh' }), of([[3, 2]])],
  [() => layers.lambda({ function: ([x]) => x }), of([[3, 2]], { notSerializable: 'functions are in no file' })],
]

describe('layers keep the contract', () => {
  test.each(
    cases.flatMap(([make, ...rest]) =>
      rest.map(item => ({ title: `${make().type} ${summary(make())} of ${JSON.stringify(item.inputs)}`, make, item })),
    ),
  )('$title', ({ make, item }) => checkLayerContract({ ...item, make }))

  const families = ['convolution', 'pooling', 'reshaping', 'merging', 'core']
  test(`every layer of ${families.join(', ')} is among them`, () => {
    const tried = new Set(cases.map(([make]) => make().type))
    const spatial = /^(Conv\dD|Conv\dDTranspose|DepthwiseConv|SeparableConv|\w*Pooling|UpSampling|ZeroPadding|Cropping)/
    const wanted = Object.keys(layerTypes).filter(type => spatial.test(type))
    expect(wanted.filter(type => !tried.has(type))).toEqual([])
    expect(wanted).toHaveLength(10 + 18 + 9)
  })
})

/** Options that are not at their defaults would be best; those that are short have to do. */
function summary({ config }: AnyLayer): string {
  const shown = Object.entries(config).filter(
    ([key, value]) => !/nitializer|egularizer|onstraint/.test(key) && value !== null,
  )
  return JSON.stringify(Object.fromEntries(shown.filter(([, value]) => typeof value !== 'function')))
}
