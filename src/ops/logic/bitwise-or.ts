import { elementwise } from '../batching.ts'
import { defineOp, type Op, zeroGradient } from '../define.ts'
import { integerBinary } from './comparison.ts'

/** a | b, bit by bit on integers, with broadcasting. */
export const bitwiseOr: Op<['a', 'b']> = defineOp({
  type: 'BitwiseOr',
  since: 18,
  inputs: ['a', 'b'],
  infer: integerBinary('BitwiseOr'),
  vjp: zeroGradient('integers do not change smoothly'),
  batch: elementwise,
  samples: [
    { a: { shape: [3, 4], dtype: 'uint32', high: 4e9 }, b: { shape: [3, 4], dtype: 'uint32', high: 4e9 } },
    {
      a: { shape: [2, 1, 4], dtype: 'int32', low: -99, high: 99 },
      b: { shape: [3, 1], dtype: 'int32', low: -99, high: 99 },
    },
  ],
  traits: { elementwise: true, commutative: true },
})
