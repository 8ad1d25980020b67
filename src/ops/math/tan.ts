import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { add } from './add.ts'
import { mul } from './mul.ts'

/** Tangent of x in radians. */
export const tan: Op<['x']> = defineOp({
  type: 'Tan',
  since: 7,
  inputs: ['x'],
  infer: floatUnary('Tan'),
  // d tan(x) = (1 + tan² x) dx
  vjp: (_, y, dy) => ({ x: mul(dy, add(mul(y, y), scalarLike(1, y))) }),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], low: -1, high: 1 } }, { x: { shape: [], low: -1, high: 1 } }],
  traits: { elementwise: true },
})
