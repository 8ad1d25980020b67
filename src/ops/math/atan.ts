import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { add } from './add.ts'
import { div } from './div.ts'
import { mul } from './mul.ts'

/** Arc tangent, in radians. */
export const atan: Op<['x']> = defineOp({
  type: 'Atan',
  since: 7,
  inputs: ['x'],
  infer: floatUnary('Atan'),
  // d atan(x) = dx / (1 + x²)
  vjp: ({ x }, _y, dy) => ({ x: div(dy, add(mul(x, x), scalarLike(1, x))) }),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
