import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { mul } from './mul.ts'
import { neg } from './neg.ts'
import { sin } from './sin.ts'

/** Cosine of x in radians. */
export const cos: Op<['x']> = defineOp({
  type: 'Cos',
  since: 7,
  inputs: ['x'],
  infer: floatUnary('Cos'),
  vjp: ({ x }, _y, dy) => ({ x: neg(mul(dy, sin(x))) }),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
