import { elementwise } from '../batching.ts'
import { defineOp, type Op, zeroGradient } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { floatUnary } from '../infer.ts'

/** Rounds down to an integer. */
export const floor: Op<['x']> = defineOp({
  type: 'Floor',
  since: 13,
  inputs: ['x'],
  infer: floatUnary('Floor'),
  vjp: zeroGradient('a step function is constant almost everywhere'),
  fold: foldElementwise(Math.floor),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], distinct: true } }, { x: { shape: [], low: 0.1, high: 0.4 } }],
  traits: { elementwise: true },
})
