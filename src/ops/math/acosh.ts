import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { div } from './div.ts'
import { mul } from './mul.ts'
import { sqrt } from './sqrt.ts'
import { sub } from './sub.ts'

/** Inverse hyperbolic cosine, for x ≥ 1. */
export const acosh: Op<['x']> = defineOp({
  type: 'Acosh',
  since: 9,
  inputs: ['x'],
  infer: floatUnary('Acosh'),
  // d acosh(x) = dx / √(x² − 1)
  vjp: ({ x }, _y, dy) => ({ x: div(dy, sqrt(sub(mul(x, x), scalarLike(1, x)))) }),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], low: 1.3, high: 3 } }, { x: { shape: [], low: 1.3, high: 3 } }],
  traits: { elementwise: true },
})
