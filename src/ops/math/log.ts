import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { div } from './div.ts'

/** Natural logarithm. */
export const log: Op<['x']> = defineOp({
  type: 'Log',
  since: 13,
  inputs: ['x'],
  infer: floatUnary('Log'),
  vjp: ({ x }, _y, dy) => ({ x: div(dy, x) }),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], low: 0.3, high: 3 } }, { x: { shape: [], low: 0.3, high: 3 } }],
  traits: { elementwise: true },
})
