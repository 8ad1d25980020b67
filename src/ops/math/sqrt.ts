import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { floatUnary } from '../infer.ts'
import { div } from './div.ts'
import { mul } from './mul.ts'

/** √x. */
export const sqrt: Op<['x']> = defineOp({
  type: 'Sqrt',
  since: 13,
  inputs: ['x'],
  infer: floatUnary('Sqrt'),
  // d√x = dx / (2√x)
  vjp: (_, y, dy) => ({ x: div(mul(dy, scalarLike(0.5, y)), y) }),
  fold: foldElementwise(Math.sqrt),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], low: 0.3, high: 3 } }, { x: { shape: [], low: 0.3, high: 3 } }],
  traits: { elementwise: true },
})
