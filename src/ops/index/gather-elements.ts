import { ShapeError } from '../../core/errors.ts'
import { formatShape, normalizeAxis, staticShape } from '../../core/shape.ts'
import { ensureBatched, logicalRank } from '../batching.ts'
import { ints, scalarLike } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { exactNumbers, ravel, rearranged, small, unravel } from '../fold.ts'
import { requireIndex } from '../infer.ts'
import { expand } from '../shape/expand.ts'
import { scatterElements } from './scatter-elements.ts'

const attrs = { axis: attr.int(0) }

/** One element for each index: y[i][j] = x[indices[i][j]][j] for axis 0. Negative indices count from the end. */
export const gatherElements: Op<['x', 'indices'], ['y'], typeof attrs> = defineOp({
  type: 'GatherElements',
  since: 13,
  inputs: ['x', 'indices'],
  attrs,
  infer: ({ x, indices }, { axis }) => {
    requireIndex('GatherElements', indices)
    normalizeAxis(axis, x.shape.length, 'GatherElements')
    if (indices.shape.length !== x.shape.length) {
      throw new ShapeError({
        where: 'GatherElements',
        expected: `indices of rank ${x.shape.length}`,
        received: `shape ${formatShape(indices.shape)}`,
      })
    }
    return { dtype: x.dtype, shape: indices.shape }
  },
  // Each element adds up the gradients of its copies.
  vjp: ({ x, indices }, _y, dy, { axis }) => {
    const zeros = expand(scalarLike(0, x), ints(staticShape(x.shape, 'gradient of GatherElements')))
    return {
      x: scatterElements(zeros, indices, dy, { axis, reduction: 'add' }),
      indices: nondiff('indices choose elements'),
    }
  },
  batch: ({ x, indices }, { call, attributes, size }) => {
    const axis = normalizeAxis(attributes.axis, logicalRank(x), 'vmap of GatherElements') + 1
    return call({ x: ensureBatched(x, size), indices: ensureBatched(indices, size) }, { axis })
  },
  fold: ({ x, indices }, { axis }) => {
    const data = small(x)
    const chosen = small(indices)
    const positions = exactNumbers(chosen)
    if (!data || !chosen || !positions) return undefined
    const at = normalizeAxis(axis, data.shape.length, 'GatherElements')
    const dim = data.shape[at] ?? 0
    if (positions.some(i => i < -dim || i >= dim)) return undefined
    return rearranged(data, chosen.shape, i => {
      const place = unravel(i, chosen.shape)
      const position = positions[i] ?? 0
      place[at] = position < 0 ? position + dim : position
      return ravel(place, data.shape)
    })
  },
  samples: [
    { x: [3, 3], indices: { values: [1, 2, 0, 2, 0, 0], shape: [2, 3] } },
    { x: [2, 4], indices: { shape: [2, 3], dtype: 'int64', low: -4, high: 4 }, attrs: { axis: 1 } },
    { x: [2, 3, 2], indices: { shape: [2, 4, 2], dtype: 'int32', low: -3, high: 3 }, attrs: { axis: -2 } },
    { x: { shape: [4], dtype: 'int64' }, indices: { values: [3, -1] } },
  ],
})
