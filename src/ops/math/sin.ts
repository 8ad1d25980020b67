import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { cos } from './cos.ts'
import { mul } from './mul.ts'

/** Sine of x in radians. */
export const sin: Op<['x']> = defineOp({
  type: 'Sin',
  since: 7,
  inputs: ['x'],
  infer: floatUnary('Sin'),
  vjp: ({ x }, _y, dy) => ({ x: mul(dy, cos(x)) }),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
