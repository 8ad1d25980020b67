import { sizeOf, staticShape, stridesOf } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints, scalarLike } from '../constants.ts'
import { less } from '../logic/less.ts'
import { add } from '../math/add.ts'
import { cast } from '../math/cast.ts'
import { mul } from '../math/mul.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { concat } from '../shape/concat.ts'
import { expand } from '../shape/expand.ts'
import { reshapeTo } from '../shape/reshape.ts'

/** What GatherND and ScatterND share: index tuples, the last axis of `indices`, into the leading axes of a tensor. */

/** Index tuples [..., k] as positions [...] in the leading k axes, laid flat; negative ones counted from the end. */
export function flatPositions(indices: Value, shape: readonly number[]): Value {
  const k = shape.length
  const sizes = constant(shape, [k], 'int64')
  const wrapped = add(indices, mul(cast(less(indices, scalarLike(0, indices)), { to: 'int64' }), sizes))
  return reduceSum(mul(wrapped, constant(stridesOf(shape), [k], 'int64')), ints([-1]), { keepdims: 0 })
}

/** `indices` [b…, …, k] with the position along the leading `count` axes in front of each tuple: [b…, …, count + k]. */
export function withBatchPositions(indices: Value, count: number): Value {
  const shape = staticShape(indices.shape, 'batched indices')
  const leading = shape.slice(0, -1)
  const columns = Array.from({ length: count }, (_, axis) => {
    const size = shape[axis] ?? 1
    const along = constant(
      Array.from({ length: size }, (_, i) => i),
      leading.map((_, i) => (i === axis ? size : 1)),
      'int64',
    )
    return reshapeTo(expand(along, ints(leading)), [...leading, 1])
  })
  return sizeOf(leading) === 0 || count === 0 ? indices : concat([...columns, indices], { axis: leading.length })
}
