import { isFloat } from '../../core/dtype.ts'
import { broadcastShapes } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, nondiff, type Op } from '../define.ts'
import { unbroadcast } from '../gradients.ts'
import { requireNumeric } from '../infer.ts'
import { equal } from '../logic/equal.ts'
import { greater } from '../logic/greater.ts'
import { where } from '../logic/where.ts'
import { cast } from './cast.ts'
import { log } from './log.ts'
import { mul } from './mul.ts'
import { sub } from './sub.ts'

/** xᵉ, with broadcasting; the exponent may have another numeric dtype, the result has that of the base. */
export const pow: Op<['x', 'exponent']> = defineOp({
  type: 'Pow',
  since: 15,
  inputs: ['x', 'exponent'],
  infer: ({ x, exponent }) => {
    requireNumeric('Pow', x)
    requireNumeric('Pow', exponent)
    return { dtype: x.dtype, shape: broadcastShapes('Pow', x.shape, exponent.shape) }
  },
  // dx = dy·e·xᵉ⁻¹; de = dy·y·log x, taken as zero where x ≤ 0, as in TensorFlow: there xᵉ is not a smooth function of e.
  vjp: ({ x, exponent }, y, dy) => {
    if (!isFloat(x.dtype)) return { x: nondiff('powers of integers'), exponent: nondiff('powers of integers') }
    const e = cast(exponent, { to: x.dtype })
    const one = scalarLike(1, x)
    const positive = greater(x, scalarLike(0, x))
    return {
      x: unbroadcast(mul(dy, mul(e, pow(x, sub(steady(e), one)))), x),
      exponent: isFloat(exponent.dtype)
        ? unbroadcast(cast(mul(mul(dy, y), log(where(positive, x, one))), { to: exponent.dtype }), exponent)
        : nondiff('an integer exponent'),
    }
  },
  batch: elementwise,
  samples: [
    { x: { shape: [3, 4], low: 0.5, high: 2 }, exponent: [3, 4] },
    {
      x: { shape: [2, 1, 4], low: 0.5, high: 2 },
      exponent: { shape: [3, 1], low: -2, high: 2 },
      skip: { webgpu: 'its kernel fails on two broadcast inputs (raw_hash_map::at)' },
    },
    { x: [5], exponent: { values: [2], shape: [], dtype: 'float32' } },
    { x: [5], exponent: { values: [0], shape: [], dtype: 'float32' } },
    { x: [3, 2], exponent: { values: [3, 2], dtype: 'int64' } },
    { x: { shape: [4], dtype: 'int32', low: 0, high: 5 }, exponent: { shape: [4], dtype: 'int32', high: 4 } },
  ],
  traits: { elementwise: true },
})

/** The exponent with 1 for 0: its factor e is zero then, and 0·x⁻¹ must not turn into NaN at x = 0. */
const steady = (e: Value): Value => where(equal(e, scalarLike(0, e)), scalarLike(1, e), e)
