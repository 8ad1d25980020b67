import { elementwise } from '../batching.ts'
import { defineOp, type Op, zeroGradient } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { logicalBinary } from './comparison.ts'

/** a ∧ b on bool tensors, with broadcasting. */
export const and: Op<['a', 'b']> = defineOp({
  type: 'And',
  since: 7,
  inputs: ['a', 'b'],
  infer: logicalBinary('And'),
  vjp: zeroGradient('a truth value does not change smoothly'),
  fold: foldElementwise((a, b) => Number(a && b)),
  batch: elementwise,
  samples: [
    { a: { shape: [3, 4], dtype: 'bool' }, b: { shape: [3, 4], dtype: 'bool' } },
    { a: { shape: [2, 1, 4], dtype: 'bool' }, b: { shape: [3, 1], dtype: 'bool' } },
  ],
  traits: { elementwise: true, commutative: true },
})
