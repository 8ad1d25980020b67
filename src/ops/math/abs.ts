import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { numericUnary } from '../infer.ts'
import { mul } from './mul.ts'
import { sign } from './sign.ts'

/** |x|. The gradient at 0 is 0. */
export const abs: Op<['x']> = defineOp({
  type: 'Abs',
  since: 13,
  inputs: ['x'],
  infer: numericUnary('Abs'),
  // dx = dy·sign x
  vjp: ({ x }, _y, dy) => ({ x: mul(dy, sign(x)) }),
  fold: foldElementwise(Math.abs),
  batch: elementwise,
  samples: [
    { x: { shape: [3, 4], distinct: true } },
    { x: { shape: [], low: 0.1, high: 0.4 } },
    { x: { shape: [2, 3], dtype: 'int32', low: -5, high: 5 } },
  ],
  traits: { elementwise: true },
})
