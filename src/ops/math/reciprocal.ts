import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { mul } from './mul.ts'
import { neg } from './neg.ts'

/** 1 / x. */
export const reciprocal: Op<['x']> = defineOp({
  type: 'Reciprocal',
  since: 13,
  inputs: ['x'],
  infer: floatUnary('Reciprocal'),
  // d(1/x) = −dx / x²
  vjp: (_, y, dy) => ({ x: neg(mul(dy, mul(y, y))) }),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], low: 0.5, high: 2 } }, { x: { shape: [], low: 0.5, high: 2 } }],
  traits: { elementwise: true },
})
