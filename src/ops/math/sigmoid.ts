import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { mul } from './mul.ts'
import { sub } from './sub.ts'

/** 1 / (1 + e⁻ˣ). */
export const sigmoid: Op<['x']> = defineOp({
  type: 'Sigmoid',
  since: 13,
  inputs: ['x'],
  infer: floatUnary('Sigmoid'),
  // dσ(x) = σ(x)(1 − σ(x)) dx
  vjp: (_, y, dy) => ({ x: mul(dy, mul(y, sub(scalarLike(1, y), y))) }),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
