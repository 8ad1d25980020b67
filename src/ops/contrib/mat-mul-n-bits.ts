import { ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import { constantLike } from '../constants.ts'
import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { unbroadcast } from '../gradients.ts'
import { requireFloat } from '../infer.ts'
import { countedSize } from '../nn/conv-shape.ts'
import { fusedMatMul } from './fused-mat-mul.ts'

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
  // y = a·W + bias with W frozen: da = dy·Wᵀ, which is what adapters of low rank train through. The unpacked W is the operator's own
  // product with the unit matrix.
  vjp: ({ a, b, scales, zero_points, g_idx, bias }, _y, dy, attributes) => {
    const { K } = attributes
    const units = Array.from({ length: K * K }, (_, i) => (i % (K + 1) === 0 ? 1 : 0))
    const w = matMulNBits(constantLike(units, [K, K], a), b, scales, zero_points, g_idx, undefined, attributes)
    return {
      a: fusedMatMul(dy, w, { transB: 1 }),
      b: nondiff('packed weights are integers'),
      scales: nondiff('the scales of packed weights stay as they were measured'),
      zero_points: nondiff('zero points of packed weights stay as they were measured'),
      g_idx: nondiff('an order is made of integers'),
      bias: bias && unbroadcast(dy, bias),
    }
  },
  batch: unrolled,
  samples: [
    {
      a: [2, 3, 32],
      b: { shape: [4, 1, 16], dtype: 'uint8', low: 0, high: 255 },
      scales: { values: [0.05, 0.02, 0.1, 0.03], dtype: 'float32' },
      attrs: { K: 32, N: 4, block_size: 32 },
    },
  ],
  traits: {
    flops: node => 2 * countedSize(node.outputs[0]?.shape ?? []) * countedSize(node.inputs[0]?.shape.slice(-1) ?? []),
  },
})
