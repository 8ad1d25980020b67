import { isFloat } from '../../core/dtype.ts'
import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { numericUnary } from '../infer.ts'
import { greater } from '../logic/greater.ts'
import { abs } from '../math/abs.ts'
import { cast } from '../math/cast.ts'
import { mul } from '../math/mul.ts'

const skip = { float64: 'the CPU kernel computes float64 in float32' }
const attrs = { bias: attr.float(0), lambd: attr.float(0.5) }

/** x + bias below −lambd, x − bias above lambd, 0 between: hard shrinkage at bias 0, soft at bias = lambd. */
export const shrink: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Shrink',
  since: 9,
  inputs: ['x'],
  attrs,
  infer: numericUnary('Shrink'),
  // dx = dy·[|x| > lambd]
  vjp: ({ x }, _y, dy, { lambd }) => ({
    x: isFloat(x.dtype) ? mul(dy, cast(greater(abs(x), scalarLike(lambd, x)), { to: x.dtype })) : nondiff('integers'),
  }),
  batch: elementwise,
  samples: [
    { x: { shape: [3, 4], distinct: true }, skip },
    { x: { shape: [3, 4], distinct: true }, attrs: { bias: 0.6, lambd: 0.6 }, skip },
    { x: { shape: [], low: 1, high: 2 }, skip },
    { x: { shape: [6], dtype: 'int32', low: -5, high: 5 }, attrs: { bias: 1, lambd: 2 } },
  ],
  traits: { elementwise: true },
})
