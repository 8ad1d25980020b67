import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { mul } from './mul.ts'
import { sub } from './sub.ts'

/** Hyperbolic tangent. */
export const tanh: Op<['x']> = defineOp({
  type: 'Tanh',
  since: 13,
  inputs: ['x'],
  infer: floatUnary('Tanh'),
  // d tanh(x) = (1 − tanh² x) dx
  vjp: (_, y, dy) => ({ x: mul(dy, sub(scalarLike(1, y), mul(y, y))) }),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
