import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { cosh } from './cosh.ts'
import { mul } from './mul.ts'

/** Hyperbolic sine. */
export const sinh: Op<['x']> = defineOp({
  type: 'Sinh',
  since: 9,
  inputs: ['x'],
  infer: floatUnary('Sinh'),
  vjp: ({ x }, _y, dy) => ({ x: mul(dy, cosh(x)) }),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
