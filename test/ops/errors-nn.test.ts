import { describe, expect, test } from 'vitest'
import type { DType } from '../../src/core/dtype.ts'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.ts'
import { Value } from '../../src/graph/value.ts'
import { averagePool } from '../../src/ops/nn/average-pool.ts'
import { batchNormalization } from '../../src/ops/nn/batch-normalization.ts'
import { conv } from '../../src/ops/nn/conv.ts'
import { convTranspose } from '../../src/ops/nn/conv-transpose.ts'
import { groupNormalization } from '../../src/ops/nn/group-normalization.ts'
import { layerNormalization } from '../../src/ops/nn/layer-normalization.ts'
import { lpNormalization } from '../../src/ops/nn/lp-normalization.ts'
import { maxPool } from '../../src/ops/nn/max-pool.ts'
import { maxUnpool } from '../../src/ops/nn/max-unpool.ts'
import { softmax } from '../../src/ops/nn/softmax.ts'
import { softmaxCrossEntropyLoss } from '../../src/ops/nn/softmax-cross-entropy-loss.ts'
import { dequantizeLinear } from '../../src/ops/quant/dequantize-linear.ts'
import { lstm } from '../../src/ops/recurrent/lstm.ts'
import { rnn } from '../../src/ops/recurrent/rnn.ts'

const tensor = (shape: readonly number[], dtype: DType = 'float32') => Value.input({ dtype, shape })

type Kind = typeof ShapeError | typeof ArgumentError | typeof DTypeError
interface Case {
  readonly name: string
  readonly build: () => unknown
  readonly kind: Kind
  /** Parts that the message must have: what was expected, what was received. */
  readonly says: readonly string[]
}

const image = tensor([2, 3, 8, 8])

const cases: readonly Case[] = [
  {
    name: 'convolution of the wrong number of channels',
    build: () => conv(image, tensor([4, 5, 3, 3])),
    kind: ShapeError,
    says: ['Conv', '5 channels', '3 channels', '[2, 3, 8, 8]', '[filters, channels / group'],
  },
  {
    name: 'convolution whose groups do not divide the filters',
    build: () => conv(tensor([1, 4, 8, 8]), tensor([3, 2, 3, 3]), undefined, { group: 2 }),
    kind: ShapeError,
    says: ['2 groups divide', '3 filters'],
  },
  {
    name: 'convolution with no group',
    build: () => conv(image, tensor([4, 3, 3, 3]), undefined, { group: 0 }),
    kind: ArgumentError,
    says: ['group count of at least 1', '0'],
  },
  {
    name: 'kernel larger than the image',
    build: () => conv(tensor([1, 3, 4, 4]), tensor([4, 3, 5, 5])),
    kind: ShapeError,
    says: ['spatial axis 0', 'kernel [5, 5]', '[4, 4]', 'smaller kernel'],
  },
  {
    name: 'dilated kernel larger than the image',
    build: () => conv(tensor([1, 3, 6, 6]), tensor([4, 3, 3, 3]), undefined, { dilations: [1, 3] }),
    kind: ShapeError,
    says: ['spatial axis 1', 'dilated by 3', 'spans 7'],
  },
  {
    name: 'kernel of another rank',
    build: () => conv(image, tensor([4, 3, 3])),
    kind: ShapeError,
    says: ['rank 4', '[4, 3, 3]'],
  },
  {
    name: 'image without spatial axes',
    build: () => conv(tensor([2, 3]), tensor([4, 3])),
    kind: ShapeError,
    says: ['rank 3 or more', '[2, 3]'],
  },
  {
    name: 'bias of the wrong length',
    build: () => conv(image, tensor([4, 3, 3, 3]), tensor([3])),
    kind: ShapeError,
    says: ["'b' of shape [4]", '[3]'],
  },
  {
    name: 'one stride for two axes',
    build: () => conv(image, tensor([4, 3, 3, 3]), undefined, { strides: [2] }),
    kind: ArgumentError,
    says: ['2 strides', '[2]'],
  },
  {
    name: 'negative padding',
    build: () => conv(image, tensor([4, 3, 3, 3]), undefined, { pads: [-1, 0, 0, 0] }),
    kind: ArgumentError,
    says: ['4 pads of at least 0', '[-1, 0, 0, 0]'],
  },
  {
    name: 'unknown padding mode',
    build: () => conv(image, tensor([4, 3, 3, 3]), undefined, { auto_pad: 'same' }),
    kind: ArgumentError,
    says: ["'SAME_UPPER'", "'same'"],
  },
  {
    name: 'kernel_shape that is not the kernel’s',
    build: () => conv(image, tensor([4, 3, 3, 3]), undefined, { kernel_shape: [5, 5] }),
    kind: ArgumentError,
    says: ['[3, 3]', '[5, 5]'],
  },
  {
    name: 'convolution of integers',
    build: () => conv(tensor([2, 3, 8, 8], 'int32'), tensor([4, 3, 3, 3], 'int32')),
    kind: DTypeError,
    says: ['floating-point', 'int32', 'Cast'],
  },
  {
    name: 'transposed convolution of the wrong number of channels',
    build: () => convTranspose(image, tensor([4, 2, 3, 3])),
    kind: ShapeError,
    says: ['4 channels', '3 channels'],
  },
  {
    name: 'transposed convolution with nothing left',
    build: () => convTranspose(tensor([1, 3, 1, 1]), tensor([3, 2, 2, 2]), undefined, { pads: [1, 1, 1, 1] }),
    kind: ShapeError,
    says: ['pads 1 and 1 on 2 elements', 'use less'],
  },
  {
    name: 'output_padding as large as the stride',
    build: () => convTranspose(image, tensor([3, 2, 3, 3]), undefined, { strides: [2, 2], output_padding: [2, 0] }),
    kind: ArgumentError,
    says: ['below the stride (2)', '2'],
  },
  {
    name: 'pooling window larger than the image',
    build: () => maxPool(tensor([1, 3, 2, 2]), { kernel_shape: [3, 3] }),
    kind: ShapeError,
    says: ['MaxPool', 'kernel [3, 3]', '[2, 2]'],
  },
  {
    name: 'pooling window of another rank',
    build: () => averagePool(image, { kernel_shape: [2] }),
    kind: ArgumentError,
    says: ['AveragePool', '2 kernel sizes', '[2]'],
  },
  {
    name: 'unpooling with indices of another shape',
    build: () => maxUnpool(tensor([1, 1, 2, 2]), tensor([1, 1, 2, 3], 'int64'), undefined, { kernel_shape: [2, 2] }),
    kind: ShapeError,
    says: ['[1, 1, 2, 2]', '[1, 1, 2, 3]'],
  },
  {
    name: 'batch normalisation with statistics of the wrong length',
    build: () => batchNormalization(image, tensor([3]), tensor([3]), tensor([8]), tensor([3])),
    kind: ShapeError,
    says: ["'mean' of shape [3]", '[8]'],
  },
  {
    name: 'groups that do not divide the channels',
    build: () => groupNormalization(image, tensor([3]), tensor([3]), { num_groups: 2 }),
    kind: ArgumentError,
    says: ['divides 3 channels', '2'],
  },
  {
    name: 'layer normalisation with a scale that does not fit',
    build: () => layerNormalization(tensor([2, 3, 5]), tensor([3])),
    kind: ShapeError,
    says: ["'scale'", '[2, 3, 5]', '[3]'],
  },
  {
    name: 'a norm that is not there',
    build: () => lpNormalization(tensor([2, 3]), { p: 3 }),
    kind: ArgumentError,
    says: ['p of 1 or 2', '3'],
  },
  {
    name: 'softmax along an axis that is not there',
    build: () => softmax(tensor([2, 3]), { axis: 2 }),
    kind: ShapeError,
    says: ['Softmax', 'from -2 to 1', '2'],
  },
  {
    name: 'one-hot labels where class numbers are due',
    build: () => softmaxCrossEntropyLoss(tensor([4, 10]), tensor([4, 10], 'int64')),
    kind: ShapeError,
    says: ['labels of shape [4]', '[4, 10]', 'not one-hot'],
  },
  {
    name: 'labels in floating point',
    build: () => softmaxCrossEntropyLoss(tensor([4, 10]), tensor([4])),
    kind: DTypeError,
    says: ['int64 or int32', 'float32'],
  },
  {
    name: 'a reduction that is not there',
    build: () => softmaxCrossEntropyLoss(tensor([4, 10]), tensor([4], 'int64'), undefined, { reduction: 'average' }),
    kind: ArgumentError,
    says: ["'mean'", "'average'"],
  },
  {
    name: 'recurrent weights for another number of units',
    build: () => lstm(tensor([5, 2, 3]), tensor([1, 12, 3]), tensor([1, 16, 4])),
    kind: ShapeError,
    says: ["'w' of shape [1, 16, 3]", '[1, 12, 3]'],
  },
  {
    name: 'a direction that is not there',
    build: () =>
      rnn(tensor([5, 2, 3]), tensor([1, 4, 3]), tensor([1, 4, 4]), undefined, undefined, undefined, {
        direction: 'backward',
      }),
    kind: ArgumentError,
    says: ["'bidirectional'", "'backward'"],
  },
  {
    name: 'a quantisation scale of the wrong length',
    build: () => dequantizeLinear(tensor([2, 3], 'uint8'), tensor([2]), undefined, { axis: 1 }),
    kind: ShapeError,
    says: ['[3]', 'axis 1', '[2]'],
  },
]

describe('errors of the neural-network operators', () => {
  test.each(cases)('$name', ({ build, kind, says }) => {
    let error: unknown
    try {
      build()
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(kind)
    const message = error instanceof Error ? error.message : ''
    for (const part of says) expect(message).toContain(part)
  })
})
