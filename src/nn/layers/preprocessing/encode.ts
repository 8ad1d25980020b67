import { ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constantLike, ints, scalarLike } from '../../../ops/constants.ts'
import { scatterElements } from '../../../ops/index/scatter-elements.ts'
import { and } from '../../../ops/logic/and.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { greaterOrEqual } from '../../../ops/logic/greater-or-equal.ts'
import { less } from '../../../ops/logic/less.ts'
import { where as select } from '../../../ops/logic/where.ts'
import { cast } from '../../../ops/math/cast.ts'
import { mul } from '../../../ops/math/mul.ts'
import { reduceMax } from '../../../ops/reduce/reduce-max.ts'
import { reduceSum } from '../../../ops/reduce/reduce-sum.ts'
import { pad } from '../../../ops/shape/pad.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { squeeze } from '../../../ops/shape/squeeze.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'

/** How layers of categories give them out. */
export type EncodingMode = 'oneHot' | 'multiHot' | 'count'

/**
 * Integers → float32 vectors of `depth`: `oneHot` one for each integer (an axis of size 1 at the end is taken away), `multiHot` which
 * occur along axis 1, `count` how often, or the sum of their weights. Integers outside of [0, depth) count as nothing.
 */
export function encoded(ids: Value, mode: EncodingMode, depth: number, where: string, weights?: Value): Value {
  const single = mode === 'oneHot' && ids.shape.length > 1 && ids.shape.at(-1) === 1
  const plain = single ? squeeze(ids, ints([-1])) : ids
  const classes = Array.from({ length: depth }, (_, i) => i)
  const hot = cast(equal(unsqueeze(plain, ints([-1])), constantLike(classes, [depth], ids)), { to: 'float32' })
  if (mode === 'oneHot') return hot
  if (ids.shape.length < 2) {
    throw new ShapeError({
      where,
      expected: 'an input of shape [batch, categories, …]',
      received: formatShape(ids.shape),
      remedy: "Give each sample an axis of its categories, or use outputMode 'oneHot'.",
    })
  }
  if (ids.shape.length === 2 && depth > compared) return scattered(ids, mode, depth, weights)
  if (mode === 'multiHot') return reduceMax(hot, ints([1]), { keepdims: 0 })
  return reduceSum(weights ? mul(hot, unsqueeze(weights, ints([-1]))) : hot, ints([1]), { keepdims: 0 })
}

/** Up to here, comparing each integer with each class is as fast. */
const compared = 64

/** [batch, categories] → [batch, depth] without a vector for each integer: a vocabulary may have many thousand. */
function scattered(ids: Value, mode: 'multiHot' | 'count', depth: number, weights?: Value): Value {
  const zero = scalarLike(0, ids)
  const size = scalarLike(depth, ids)
  // What is out of range goes to one column more.
  const places = select(and(greaterOrEqual(ids, zero), less(ids, size)), ids, size)
  const room = pad(mul(reduceSum(ids, ints([1])), zero), ints([0, 0, 0, depth]))
  const zeros = cast(room, { to: 'float32' })
  const ones = cast(equal(ids, ids), { to: 'float32' })
  const all = scatterElements(zeros, places, weights ?? ones, { axis: 1, reduction: mode === 'count' ? 'add' : 'none' })
  return slice(all, ints([0]), ints([depth]), ints([1]))
}
