import { describe, test } from 'vitest'
import { layers } from '../../../src/index.ts'
import type { AnyLayer } from '../../../src/nn/layer.ts'
import { type ContractCase, checkLayerContract } from '../../support/layer-contract.ts'

const sequence = [4, 6]
const image = [6, 5, 4]
const pair = [
  [4, 6],
  [3, 6],
]
type Entry = [
  make: () => AnyLayer,
  shape: readonly number[] | readonly (readonly number[])[],
  more?: Partial<ContractCase>,
]

const cases: Readonly<Record<string, Entry>> = {
  relu: [() => layers.relu({ maxValue: 1, negativeSlope: 0.1, threshold: 0.2 }), sequence, { open: [[null, 6]] }],
  leakyRelu: [() => layers.leakyRelu(), sequence],
  elu: [() => layers.elu({ alpha: 0.5 }), sequence],
  prelu: [() => layers.prelu({ sharedAxes: [1] }), sequence, { weights: ['alpha'], open: [[null, 6]] }],
  rrelu: [() => layers.rrelu(), sequence],
  softmax: [() => layers.softmax({ axis: [1, 2] }), sequence],
  batchNormalization: [
    () => layers.batchNormalization({ renorm: true }),
    image,
    {
      weights: ['gamma', 'beta', 'moving_mean', 'moving_variance', 'moving_stddev', 'renorm_mean', 'renorm_stddev'],
    },
  ],
  'batchNormalization, second axis': [() => layers.batchNormalization({ axis: 2 }), image],
  layerNormalization: [() => layers.layerNormalization({ axis: [1, 2] }), sequence, { weights: ['gamma', 'beta'] }],
  groupNormalization: [() => layers.groupNormalization({ groups: 2 }), image, { weights: ['gamma', 'beta'] }],
  rmsNormalization: [() => layers.rmsNormalization(), sequence, { weights: ['scale'], open: [[null, 6]] }],
  unitNormalization: [() => layers.unitNormalization(), sequence],
  spectralNormalization: [
    () => layers.spectralNormalization({ layer: layers.dense({ units: 3 }) }),
    sequence,
    {
      weights: ['dense/kernel', 'vector_u', 'dense/bias'],
      notSerializable: 'its config holds the wrapped layer itself, which has weights already',
    },
  ],
  dropout: [() => layers.dropout({ rate: 0.3, noiseShape: [null, 1, null] }), sequence],
  alphaDropout: [() => layers.alphaDropout({ rate: 0.3 }), sequence],
  spatialDropout1d: [() => layers.spatialDropout1d({ rate: 0.3, seed: 3 }), sequence],
  spatialDropout2d: [() => layers.spatialDropout2d({ rate: 0.3, dataFormat: 'channelsFirst' }), image],
  spatialDropout3d: [() => layers.spatialDropout3d({ rate: 0.3 }), [2, ...image]],
  gaussianNoise: [() => layers.gaussianNoise({ stddev: 0.3 }), sequence],
  gaussianDropout: [() => layers.gaussianDropout({ rate: 0.3 }), sequence],
  activityRegularization: [() => layers.activityRegularization({ l1: 0.1, l2: 0.2 }), sequence],
  attention: [() => layers.attention({ useScale: true, dropout: 0.2 }), pair, { weights: ['scale'] }],
  additiveAttention: [() => layers.additiveAttention(), pair, { weights: ['scale'] }],
  multiHeadAttention: [
    () => layers.multiHeadAttention({ numHeads: 2, keyDim: 4, valueDim: 3, dropout: 0.1, useGate: true }),
    pair,
    {
      weights: ['query', 'key', 'gate', 'value', 'attention_output'].flatMap(name => [
        `${name}/kernel`,
        `${name}/bias`,
      ]),
      open: [
        [null, 6],
        [null, 6],
      ],
    },
  ],
  'multiHeadAttention with a rotary embedding': [
    () => layers.multiHeadAttention({ numHeads: 2, keyDim: 4, rotaryEmbedding: {} }),
    pair,
  ],
  groupedQueryAttention: [
    () => layers.groupedQueryAttention({ headDim: 2, numQueryHeads: 4, numKeyValueHeads: 2, slidingWindow: 2 }),
    pair,
    {
      open: [
        [null, 6],
        [null, 6],
      ],
    },
  ],
  rotaryEmbedding: [() => layers.rotaryEmbedding(), sequence],
  rescaling: [() => layers.rescaling({ scale: 0.5, offset: 1 }), sequence, { open: [[null, 6]] }],
  normalization: [() => layers.normalization(), sequence, { weights: ['mean', 'variance', 'count'] }],
  resizing: [() => layers.resizing({ height: 4, width: 7 }), image],
  centerCrop: [() => layers.centerCrop({ height: 3, width: 3 }), image],
}

describe('layers keep to the contract', () => {
  test.each(Object.entries(cases))('%s', async (_, [make, shape, more]) => {
    const inputs =
      typeof shape[0] === 'number' ? [shape as readonly number[]] : (shape as readonly (readonly number[])[])
    await checkLayerContract({ make, inputs, ...more })
  })
})
