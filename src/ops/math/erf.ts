import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { exp } from './exp.ts'
import { mul } from './mul.ts'
import { neg } from './neg.ts'

/** Error function, 2/√π · ∫₀ˣ exp(−t²) dt. */
export const erf: Op<['x']> = defineOp({
  type: 'Erf',
  since: 13,
  inputs: ['x'],
  infer: floatUnary('Erf'),
  // d erf(x) = 2/√π · exp(−x²) dx
  vjp: ({ x }, _y, dy) => ({ x: mul(dy, mul(scalarLike(2 / Math.sqrt(Math.PI), x), exp(neg(mul(x, x))))) }),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
