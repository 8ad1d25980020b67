import { isFloat } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { formatShape, isStatic, sameShape, sizeOf, staticShape } from '../core/shape.ts'
import type { Value } from '../graph/value.ts'
import { ints, scalarLike } from './constants.ts'
import { matMul } from './math/mat-mul.ts'
import { reduceSum } from './reduce/reduce-sum.ts'
import { expand } from './shape/expand.ts'
import { reshapeTo } from './shape/reshape.ts'

/** The pieces that gradient rules are made of. */

/** Reshape to `like`'s shape (static), or nothing if it has it. */
export const reshapeLike = (x: Value, like: Value): Value =>
  sameShape(x.shape, like.shape) ? x : reshapeTo(x, staticShape(like.shape, 'gradient'))

/**
 * Undoes broadcasting: sums `dy` over the axes along which `x` was stretched. The adjoint of "repeat" is "add up".
 */
export function unbroadcast(dy: Value, x: Value): Value {
  if (sameShape(dy.shape, x.shape)) return dy
  const lead = dy.shape.length - x.shape.length
  const axes: number[] = []
  dy.shape.forEach((dim, i) => {
    const own = i < lead ? undefined : x.shape[i - lead]
    if (own === undefined || (own === 1 && dim !== 1)) axes.push(i)
    else if (own !== dim && own !== 1 && typeof own === typeof dim) {
      throw new ShapeError({
        where: 'gradient of a broadcast',
        expected: `a shape that broadcasts to ${formatShape(dy.shape)}`,
        received: formatShape(x.shape),
      })
    }
  })
  if (axes.length === 0) return dy
  const count = axes.length
  if (axes.every((axis, i) => axis === i) && count < dy.shape.length && isFloat(dy.dtype) && isStatic(dy.shape)) {
    return reshapeLike(sumLeading(dy, dy.shape, count), x)
  }
  const leading = axes.every((axis, i) => axis === i && i < lead)
  const sum = reduceSum(dy, ints(axes), { keepdims: leading ? 0 : 1 })
  return leading || lead === 0 ? sum : reshapeTo(sum, staticShape(x.shape, 'gradient of a broadcast'))
}

/**
 * Sums the first `count` axes of floats, as a product with a vector of ones: on the CPU engine two to ten times as fast as ReduceSum
 * over leading axes ([2048, 1536]: 0.6 against 1.9 ms; [65536, 64]: 2 against 28 ms), which are the gradients of all biases.
 */
function sumLeading(dy: Value, shape: readonly number[], count: number): Value {
  const rows = sizeOf(shape.slice(0, count))
  const columns = sizeOf(shape.slice(count))
  return matMul(expand(scalarLike(1, dy), ints([rows])), reshapeTo(dy, [rows, columns]))
}
