import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { strictlyBetween } from './step.ts'

const attrs = { alpha: attr.float(0.2), beta: attr.float(0.5) }

/** max(0, min(1, alpha·x + beta)). The gradient at both kinks is 0. */
export const hardSigmoid: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'HardSigmoid',
  since: 6,
  inputs: ['x'],
  attrs,
  infer: floatUnary('HardSigmoid'),
  // dx = alpha·dy where 0 < y < 1. The mask comes first: where it is 0, a steep alpha must not make dy infinite.
  vjp: (_, y, dy, { alpha }) => ({ x: mul(mul(dy, strictlyBetween(y, 0, 1)), scalarLike(alpha, y)) }),
  batch: elementwise,
  samples: [
    { x: { shape: [3, 4], distinct: true } },
    { x: { shape: [], low: 0.1, high: 0.2 }, attrs: { alpha: 0.5, beta: 0.1 } },
  ],
  traits: { elementwise: true },
})
