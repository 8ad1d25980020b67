import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { numericUnary } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { positive } from './step.ts'

/** max(x, 0). The gradient at 0 is 0, as in Keras. */
export const relu: Op<['x']> = defineOp({
  type: 'Relu',
  since: 14,
  inputs: ['x'],
  infer: numericUnary('Relu'),
  // dx = dy·[y > 0]: read from y, so that x need not be kept.
  vjp: (_, y, dy) => ({ x: mul(dy, positive(y)) }),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], distinct: true } }, { x: [] }],
  traits: { elementwise: true, nondecreasing: true },
})
