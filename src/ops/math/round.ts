import { elementwise } from '../batching.ts'
import { defineOp, type Op, zeroGradient } from '../define.ts'
import { floatUnary } from '../infer.ts'

/** Rounds to the nearest integer, halves to the even one. */
export const round: Op<['x']> = defineOp({
  type: 'Round',
  since: 11,
  inputs: ['x'],
  infer: floatUnary('Round'),
  vjp: zeroGradient('a step function is constant almost everywhere'),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], distinct: true } }, { x: { values: [-2.5, -0.5, 0.5, 1.5, 2.5], dtype: 'float32' } }],
  traits: { elementwise: true },
})
