import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { mul } from './mul.ts'

/** eˣ. */
export const exp: Op<['x']> = defineOp({
  type: 'Exp',
  since: 13,
  inputs: ['x'],
  infer: floatUnary('Exp'),
  vjp: (_, y, dy) => ({ x: mul(dy, y) }),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
