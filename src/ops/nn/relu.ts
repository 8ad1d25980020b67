import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { numericUnary } from '../infer.ts'
import { greater } from '../logic/greater.ts'
import { mul } from '../math/mul.ts'
import { cast } from '../math/cast.ts'

/** max(x, 0). The gradient at 0 is 0, as in Keras. */
export const relu: Op<['x']> = defineOp({
  type: 'Relu',
  since: 14,
  inputs: ['x'],
  infer: numericUnary('Relu'),
  // dx = dy·[y > 0]: read from y, so that x need not be kept. Mul by the cast mask beats Where on the CPU engine.
  vjp: (_, y, dy) => ({ x: mul(dy, cast(greater(y, scalarLike(0, y)), { to: y.dtype })) }),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], distinct: true } }, { x: [] }],
  traits: { elementwise: true },
})
