import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { div } from './div.ts'
import { mul } from './mul.ts'
import { neg } from './neg.ts'
import { sqrt } from './sqrt.ts'
import { sub } from './sub.ts'

/** Arc cosine, in radians, for x in [−1, 1]. */
export const acos: Op<['x']> = defineOp({
  type: 'Acos',
  since: 7,
  inputs: ['x'],
  infer: floatUnary('Acos'),
  // d acos(x) = −dx / √(1 − x²)
  vjp: ({ x }, _y, dy) => ({ x: neg(div(dy, sqrt(sub(scalarLike(1, x), mul(x, x))))) }),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], low: -0.9, high: 0.9 } }, { x: { shape: [], low: -0.9, high: 0.9 } }],
  traits: { elementwise: true },
})
