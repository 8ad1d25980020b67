import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { unbroadcast } from '../gradients.ts'
import { numericBinary } from '../infer.ts'

/** a · b, elementwise, with broadcasting. */
export const mul: Op<['a', 'b']> = defineOp({
  type: 'Mul',
  since: 14,
  inputs: ['a', 'b'],
  infer: numericBinary('Mul'),
  // ∂/∂a = dy·b, ∂/∂b = dy·a
  vjp: ({ a, b }, _y, dy) => ({ a: unbroadcast(mul(dy, b), a), b: unbroadcast(mul(dy, a), b) }),
  fold: foldElementwise((a, b) => a * b),
  batch: elementwise,
  samples: [
    { a: [3, 4], b: [3, 4] },
    { a: [2, 1, 4], b: [3, 1] },
    { a: [], b: [2] },
  ],
  traits: { elementwise: true, commutative: true },
})
