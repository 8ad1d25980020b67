import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { mul } from './mul.ts'
import { sinh } from './sinh.ts'

/** Hyperbolic cosine. */
export const cosh: Op<['x']> = defineOp({
  type: 'Cosh',
  since: 9,
  inputs: ['x'],
  infer: floatUnary('Cosh'),
  vjp: ({ x }, _y, dy) => ({ x: mul(dy, sinh(x)) }),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
