import { defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { productShape, requireQuantized, rounded } from './quantized.ts'

type Names = ['a', 'a_scale', 'a_zero_point', 'b', 'b_scale', 'b_zero_point', 'y_scale', 'y_zero_point']

/** Matrix product of two quantised tensors, quantised again. */
export const qLinearMatMul: Op<Names> = defineOp({
  type: 'QLinearMatMul',
  since: 10,
  inputs: ['a', 'a_scale', 'a_zero_point', 'b', 'b_scale', 'b_zero_point', 'y_scale', 'y_zero_point'],
  infer: ({ a, b, y_zero_point: zero }) => {
    requireQuantized('QLinearMatMul', 'a', a, ['uint8', 'int8'])
    requireQuantized('QLinearMatMul', 'b', b, ['uint8', 'int8'])
    return { dtype: zero.dtype, shape: productShape('QLinearMatMul', a.shape, b.shape) }
  },
  vjp: nondiff(rounded),
  batch: unrolled,
  samples: [
    {
      a: { shape: [3, 4], dtype: 'uint8', low: 0, high: 255 },
      a_scale: { shape: [], low: 0.01, high: 0.1 },
      a_zero_point: { shape: [], dtype: 'uint8', low: 100, high: 140 },
      b: { shape: [4, 2], dtype: 'uint8', low: 0, high: 255 },
      b_scale: { shape: [], low: 0.01, high: 0.1 },
      b_zero_point: { shape: [], dtype: 'uint8', low: 100, high: 140 },
      y_scale: { shape: [], low: 0.5, high: 1 },
      y_zero_point: { shape: [], dtype: 'uint8', low: 100, high: 140 },
    },
  ],
})
