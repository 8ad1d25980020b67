import { ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { countedSize } from '../nn/conv-shape.ts'

const attrs = {
  K: attr.required.int(),
  N: attr.required.int(),
  accuracy_level: attr.int(0),
  bits: attr.int(4),
  block_size: attr.required.int(),
}
type Names = ['a', 'b', 'scales', 'zero_points?', 'g_idx?', 'bias?']

/** a [.., K] times a matrix of K × N weights packed in 2 to 8 bits, [N, blocks, bytes], with a scale per block of K. */
export const matMulNBits: Op<Names, ['y'], typeof attrs> = defineOp({
  type: 'MatMulNBits',
  domain: 'com.microsoft',
  since: 1,
  inputs: ['a', 'b', 'scales', 'zero_points?', 'g_idx?', 'bias?'],
  attrs,
  infer: ({ a, b }, { K, N, bits, block_size }) => {
    requireFloat('MatMulNBits', a)
    const inner = a.shape.at(-1)
    if (inner === undefined || (typeof inner === 'number' && inner !== K)) {
      throw new ShapeError({
        where: 'MatMulNBits',
        expected: `an input whose last axis has size K = ${K}`,
        received: formatShape(a.shape),
      })
    }
    const blocks = Math.ceil(K / block_size)
    const packed = [N, blocks, (block_size * bits) / 8]
    const bytes = countedSize(b.shape)
    if (b.shape.every(dim => typeof dim === 'number') && bytes !== countedSize(packed)) {
      throw new ShapeError({
        where: 'MatMulNBits',
        expected: `packed weights of shape ${formatShape(packed)}`,
        received: formatShape(b.shape),
      })
    }
    return { dtype: a.dtype, shape: [...a.shape.slice(0, -1), N] }
  },
  vjp: nondiff('its weights are packed integers; keep floating-point weights for training'),
  batch: unrolled,
  samples: [
    {
      a: [2, 3, 32],
      b: { shape: [4, 1, 16], dtype: 'uint8', low: 0, high: 255 },
      scales: { shape: [4], low: 0.01, high: 0.1 },
      attrs: { K: 32, N: 4, block_size: 32 },
    },
  ],
  traits: {
    flops: node => 2 * countedSize(node.outputs[0]?.shape ?? []) * countedSize(node.inputs[0]?.shape.slice(-1) ?? []),
  },
})
