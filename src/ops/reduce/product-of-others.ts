import { sizeOf, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../constants.ts'
import { mul } from '../math/mul.ts'
import { concat } from '../shape/concat.ts'
import { expand } from '../shape/expand.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { slice } from '../shape/slice.ts'
import { transpose } from '../shape/transpose.ts'

/**
 * For each element, the product of all others that are reduced with it: what lies before it times what lies after it, so that
 * zeros need no division. Of n elements it takes O(n log n) multiplications, and its own gradient is right at zeros too.
 */
export function productOfOthers(x: Value, axes: readonly number[]): Value {
  const shape = staticShape(x.shape, 'gradient of ReduceProd')
  if (sizeOf(shape) === 0) return x
  const kept = shape.map((_, axis) => axis).filter(axis => !axes.includes(axis))
  const perm = [...kept, ...axes]
  const length = sizeOf(axes.map(axis => shape[axis] ?? 1))
  const rows = reshapeTo(transpose(x, { perm }), [sizeOf(kept.map(axis => shape[axis] ?? 1)), length])
  const others = mul(exclusiveProducts(rows, length, 'before'), exclusiveProducts(rows, length, 'after'))
  const moved = reshapeTo(
    others,
    perm.map(axis => shape[axis] ?? 1),
  )
  return transpose(moved, { perm: perm.map((_, axis) => perm.indexOf(axis)) })
}

/** Products of the elements before (or after) each one along axis 1, by doubling (Hillis & Steele, 1986). */
function exclusiveProducts(rows: Value, length: number, side: 'before' | 'after'): Value {
  const part = (x: Value, from: number, to: number) => slice(x, ints([from]), ints([to]), ints([1]))
  const join = (parts: readonly Value[]) => concat(side === 'before' ? parts : parts.toReversed(), { axis: 1 })
  /** The first (or, seen from behind, the last) `count` columns, and the others. */
  const head = (x: Value, count: number) => (side === 'before' ? part(x, 0, count) : part(x, length - count, length))
  const tail = (x: Value, count: number) => (side === 'before' ? part(x, count, length) : part(x, 0, length - count))
  const [count] = staticShape(rows.shape)
  const ones = expand(scalarLike(1, rows), ints([count ?? 1, 1]))
  // Shifted by one, so that products exclude the element itself.
  let products = length > 1 ? join([ones, head(rows, length - 1)]) : ones
  for (let step = 1; step < length; step *= 2) {
    products = join([head(products, step), mul(tail(products, step), head(products, length - step))])
  }
  return products
}
