import { DTypeError, ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, sizeOf, staticShape } from '../../core/shape.ts'
import { ensureBatched } from '../batching.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { addUpRows } from './accumulate.ts'
import { flatPositions, withBatchPositions } from './nd-indices.ts'

const attrs = { batch_dims: attr.int(0) }

/** Picks slices by index tuples, the last axis of `indices`; the first `batch_dims` axes of both go together. */
export const gatherND: Op<['x', 'indices'], ['y'], typeof attrs> = defineOp({
  type: 'GatherND',
  since: 13,
  inputs: ['x', 'indices'],
  attrs,
  infer: ({ x, indices }, { batch_dims }) => {
    if (indices.dtype !== 'int64')
      throw new DTypeError({ where: 'GatherND', expected: 'int64 indices', received: indices.dtype })
    const k = tupleLength('GatherND', indices, x.shape.length - batch_dims)
    return { dtype: x.dtype, shape: [...indices.shape.slice(0, -1), ...x.shape.slice(batch_dims + k)] }
  },
  vjp: ({ x, indices }, _y, dy, { batch_dims }) => {
    const shape = staticShape(x.shape, 'gradient of GatherND')
    const tuples = withBatchPositions(indices, batch_dims)
    const lead = shape.slice(0, batch_dims + tupleLength('GatherND', indices, shape.length - batch_dims))
    const width = sizeOf(shape.slice(lead.length))
    const flat = reshapeTo(flatPositions(tuples, lead), [-1])
    const sums = addUpRows(reshapeTo(dy, [sizeOf(indices.shape.slice(0, -1)), width]), flat, sizeOf(lead))
    return { x: reshapeTo(sums, shape), indices: nondiff('indices choose elements') }
  },
  batch: ({ x, indices }, { call, attributes: { batch_dims }, size }) => {
    if (!x.batched && batch_dims === 0) return call({ x: x.value, indices: indices.value }, { batch_dims })
    return call({ x: ensureBatched(x, size), indices: ensureBatched(indices, size) }, { batch_dims: batch_dims + 1 })
  },
  samples: [
    { x: [3, 4, 2], indices: { values: [0, 1, 2, -1, 0, 1], shape: [3, 2] } },
    { x: [3, 4], indices: { values: [2, -3, 2], shape: [3, 1] } },
    { x: [2, 3, 4], indices: { shape: [2, 2, 1], dtype: 'int64', low: -3, high: 3 }, attrs: { batch_dims: 1 } },
    { x: [2, 3, 4], indices: { values: [0, 2, 1, 3, -1, -1, 0, 0], shape: [2, 2, 2] }, attrs: { batch_dims: 1 } },
    { x: { shape: [3, 2], dtype: 'int64' }, indices: { values: [1, 1], shape: [1, 2] } },
  ],
})

/** Length of the index tuples, at most `most`. */
export function tupleLength(where: string, indices: { readonly shape: readonly Dim[] }, most: number): number {
  const k = indices.shape.at(-1)
  if (typeof k === 'number' && k >= 1 && k <= most) return k
  throw new ShapeError({
    where,
    expected: `index tuples (the last axis of 'indices') of length 1 to ${most}`,
    received: `shape ${formatShape(indices.shape)}`,
  })
}
