import { isNumeric } from '../../core/dtype.ts'
import { DTypeError } from '../../core/errors.ts'
import type { TensorType, Value } from '../../graph/value.ts'
import { ints } from '../constants.ts'
import { equal } from '../logic/equal.ts'
import { cast } from '../math/cast.ts'
import { div } from '../math/div.ts'
import { mul } from '../math/mul.ts'
import { reduceSum } from './reduce-sum.ts'
import { keepReduced, type ReductionAttributes, reducedAxes } from './reduction.ts'

/** The parts that ReduceMax and ReduceMin share. */

/** Numbers, or bools (since opset 20). */
export function requireOrdered(where: string, x: TensorType): void {
  if (isNumeric(x.dtype) || x.dtype === 'bool') return
  throw new DTypeError({ where, expected: 'a numeric or bool tensor', received: x.dtype })
}

/** Gradient of an extreme `y` of `x`: `dy`, divided equally among the elements that equal `y`. */
export function shareAmongExtremes(
  x: Value,
  axes: Value | undefined,
  y: Value,
  dy: Value,
  attributes: ReductionAttributes,
): Value {
  const reduced = reducedAxes('gradient of a reduction', x.shape.length, axes, attributes)
  if (reduced.length === 0) return dy
  const extremes = cast(equal(x, keepReduced(y, x, axes, attributes)), { to: x.dtype })
  const count = reduceSum(extremes, ints(reduced))
  return mul(extremes, div(keepReduced(dy, x, axes, attributes), count))
}
