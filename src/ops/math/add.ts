import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { unbroadcast } from '../gradients.ts'
import { numericBinary } from '../infer.ts'

/** a + b, with broadcasting. */
export const add: Op<['a', 'b']> = defineOp({
  type: 'Add',
  since: 14,
  inputs: ['a', 'b'],
  infer: numericBinary('Add'),
  vjp: ({ a, b }, _y, dy) => ({ a: unbroadcast(dy, a), b: unbroadcast(dy, b) }),
  fold: foldElementwise((a, b) => a + b),
  batch: elementwise,
  samples: [
    { a: [3, 4], b: [3, 4] },
    { a: [2, 1, 4], b: [3, 1] },
    { a: [], b: [2] },
  ],
  traits: { elementwise: true, commutative: true },
})
