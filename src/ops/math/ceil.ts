import { elementwise } from '../batching.ts'
import { defineOp, type Op, zeroGradient } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { floatUnary } from '../infer.ts'

/** Rounds up to an integer. */
export const ceil: Op<['x']> = defineOp({
  type: 'Ceil',
  since: 13,
  inputs: ['x'],
  infer: floatUnary('Ceil'),
  vjp: zeroGradient('a step function is constant almost everywhere'),
  fold: foldElementwise(Math.ceil),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], distinct: true } }, { x: { shape: [], low: 0.1, high: 0.4 } }],
  traits: { elementwise: true },
})
