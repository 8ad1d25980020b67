import { DTypeError, ShapeError } from '../../core/errors.ts'
import { broadcastShapes, formatShape } from '../../core/shape.ts'
import { defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { equalDims, sameDType } from '../infer.ts'

/** (A − a_zero_point)(B − b_zero_point) on 8-bit integers, in int32; a zero point is a scalar, or one per row of A or column of B. */
export const matMulInteger: Op<['a', 'b', 'a_zero_point?', 'b_zero_point?']> = defineOp({
  type: 'MatMulInteger',
  since: 10,
  inputs: ['a', 'b', 'a_zero_point?', 'b_zero_point?'],
  infer: ({ a, b, a_zero_point, b_zero_point }) => {
    for (const input of [a, b]) {
      if (input.dtype !== 'int8' && input.dtype !== 'uint8') {
        throw new DTypeError({ where: 'MatMulInteger', expected: 'int8 or uint8', received: input.dtype })
      }
    }
    if (a_zero_point) sameDType('MatMulInteger', a, a_zero_point)
    if (b_zero_point) sameDType('MatMulInteger', b, b_zero_point)
    const received = `${formatShape(a.shape)} × ${formatShape(b.shape)}`
    if (a.shape.length < 2 || b.shape.length < 2) {
      throw new ShapeError({ where: 'MatMulInteger', expected: 'matrices or stacks of matrices', received })
    }
    const [m = 1, k = 1] = a.shape.slice(-2)
    const [k2 = 1, n = 1] = b.shape.slice(-2)
    equalDims('MatMulInteger', k, k2, `the inner dimensions to agree (${k} and ${k2} do not)`, received)
    return {
      dtype: 'int32',
      shape: [...broadcastShapes('MatMulInteger', a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n],
    }
  },
  vjp: nondiff('its inputs are integers; differentiate the floating-point product instead'),
  batch: unrolled,
  samples: [
    { a: { shape: [3, 4], dtype: 'uint8', high: 120 }, b: { shape: [4, 2], dtype: 'uint8', high: 120 } },
    {
      a: { shape: [2, 3, 4], dtype: 'uint8', high: 120 },
      b: { shape: [4, 2], dtype: 'int8', low: -60, high: 60 },
      a_zero_point: { values: [7], shape: [], dtype: 'uint8' },
      b_zero_point: { values: [-3, 5], dtype: 'int8' },
    },
  ],
})
