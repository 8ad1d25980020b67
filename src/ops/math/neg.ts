import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { numericUnary } from '../infer.ts'

/** −x. */
export const neg: Op<['x']> = defineOp({
  type: 'Neg',
  since: 13,
  inputs: ['x'],
  infer: numericUnary('Neg'),
  vjp: (_, _y, dy) => ({ x: neg(dy) }),
  fold: foldElementwise(x => -x),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
