import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { unbroadcast } from '../gradients.ts'
import { numericBinary } from '../infer.ts'
import { neg } from './neg.ts'

/** a − b, with broadcasting. */
export const sub: Op<['a', 'b']> = defineOp({
  type: 'Sub',
  since: 14,
  inputs: ['a', 'b'],
  infer: numericBinary('Sub'),
  vjp: ({ a, b }, _y, dy) => ({ a: unbroadcast(dy, a), b: neg(unbroadcast(dy, b)) }),
  fold: foldElementwise((a, b) => a - b),
  batch: elementwise,
  samples: [
    { a: [3, 4], b: [3, 4] },
    { a: [2, 1, 4], b: [3, 1] },
    { a: [], b: [2] },
  ],
  traits: { elementwise: true },
})
