import { elementwise } from '../batching.ts'
import { defineOp, type Op, zeroGradient } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { numericUnary } from '../infer.ts'

/** −1, 0 or 1. */
export const sign: Op<['x']> = defineOp({
  type: 'Sign',
  since: 13,
  inputs: ['x'],
  infer: numericUnary('Sign'),
  vjp: zeroGradient('a step function is constant almost everywhere'),
  fold: foldElementwise(Math.sign),
  batch: elementwise,
  samples: [
    { x: { shape: [3, 4], distinct: true } },
    { x: { shape: [], low: 0.1, high: 0.4 } },
    { x: { shape: [2, 3], dtype: 'int32', low: -5, high: 5 } },
  ],
  traits: { elementwise: true },
})
