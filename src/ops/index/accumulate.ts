import { isFloat } from '../../core/dtype.ts'
import { type Dim, sizeOf, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints, scalarLike } from '../constants.ts'
import { cast } from '../math/cast.ts'
import { matMul } from '../math/mat-mul.ts'
import { expand } from '../shape/expand.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { transpose } from '../shape/transpose.ts'
import { oneHot } from './one-hot.ts'
import { scatterElements } from './scatter-elements.ts'

/**
 * Up to this many rows, adding rows up is a matrix product with a one-hot matrix. Measured on ORT 1.30's CPU engine (2 threads, 2,048
 * rows of 384): 256 targets 10 ms against ScatterElements' 15, 1,024 targets 12 against 10.
 * ScatterND with reduction 'add' is faster than both (0.5 ms), but adds in parallel without a lock: duplicates get lost.
 */
const productLimit = 512

/**
 * The adjoint of picking rows: row i of `rows` [n, width] is added to row `indices[i]` of a zero tensor [count, width].
 * Negative indices count from the end; duplicates add up.
 */
export function addUpRows(rows: Value, indices: Value, count: number): Value {
  const [n = 0, width = 0] = staticShape(rows.shape, 'gradient of an indexing operator')
  if (count <= productLimit && isFloat(rows.dtype)) {
    // The engine has no OneHot kernel for int32 indices with float values.
    const chosen = oneHot(cast(indices, { to: 'int64' }), constant([count], [], 'int64'), constant([0, 1]), { axis: 0 })
    return matMul(cast(chosen, { to: rows.dtype }), rows)
  }
  const zeros = expand(scalarLike(0, rows), ints([count, width]))
  return scatterElements(zeros, expand(reshapeTo(indices, [n, 1]), ints([n, width])), rows, {
    axis: 0,
    reduction: 'add',
  })
}

/**
 * The adjoint of picking along one axis: `dy` [...before, ...picked, ...after] back into a zero tensor of shape `target`, whose axis
 * `axis` the indices (of shape `picked`) chose from.
 */
export function addUpAlong(dy: Value, indices: Value, target: readonly Dim[], axis: number): Value {
  const shape = staticShape(target, 'gradient of an indexing operator')
  const before = shape.slice(0, axis)
  const after = shape.slice(axis + 1)
  const n = sizeOf(indices.shape)
  const flat = reshapeTo(indices, [n])
  const [outer, inner] = [sizeOf(before), sizeOf(after)]
  if (outer === 1) return reshapeTo(addUpRows(reshapeTo(dy, [n, inner]), flat, shape[axis] ?? 0), shape)
  const rows = reshapeTo(transpose(reshapeTo(dy, [outer, n, inner]), { perm: [1, 0, 2] }), [n, outer * inner])
  const sums = reshapeTo(addUpRows(rows, flat, shape[axis] ?? 0), [shape[axis] ?? 0, outer, inner])
  return reshapeTo(transpose(sums, { perm: [1, 0, 2] }), shape)
}
