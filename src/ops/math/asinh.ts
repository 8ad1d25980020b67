import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { add } from './add.ts'
import { div } from './div.ts'
import { mul } from './mul.ts'
import { sqrt } from './sqrt.ts'

/** Inverse hyperbolic sine. */
export const asinh: Op<['x']> = defineOp({
  type: 'Asinh',
  since: 9,
  inputs: ['x'],
  infer: floatUnary('Asinh'),
  // d asinh(x) = dx / √(x² + 1)
  vjp: ({ x }, _y, dy) => ({ x: div(dy, sqrt(add(mul(x, x), scalarLike(1, x)))) }),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
