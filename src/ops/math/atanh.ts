import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { div } from './div.ts'
import { mul } from './mul.ts'
import { sub } from './sub.ts'

/** Inverse hyperbolic tangent, for |x| < 1. */
export const atanh: Op<['x']> = defineOp({
  type: 'Atanh',
  since: 9,
  inputs: ['x'],
  infer: floatUnary('Atanh'),
  // d atanh(x) = dx / (1 − x²)
  vjp: ({ x }, _y, dy) => ({ x: div(dy, sub(scalarLike(1, x), mul(x, x))) }),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], low: -0.8, high: 0.8 } }, { x: { shape: [], low: -0.8, high: 0.8 } }],
  traits: { elementwise: true },
})
