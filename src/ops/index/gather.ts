import { isStatic, normalizeAxis, sizeOf, staticShape } from '../../core/shape.ts'
import { logicalRank } from '../batching.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { exactNumbers, rearranged, small } from '../fold.ts'
import { requireIndex } from '../infer.ts'
import { cast } from '../math/cast.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { transpose } from '../shape/transpose.ts'
import { addUpAlong } from './accumulate.ts'
import { gatherND } from './gather-nd.ts'

const attrs = { axis: attr.int(0) }

/** Picks entries along `axis`: the axis is replaced by the axes of `indices`. Negative indices count from the end. */
export const gather: Op<['x', 'indices'], ['y'], typeof attrs> = defineOp({
  type: 'Gather',
  since: 13,
  inputs: ['x', 'indices'],
  attrs,
  infer: ({ x, indices }, { axis }) => {
    requireIndex('Gather', indices)
    const at = normalizeAxis(axis, x.shape.length, 'Gather')
    return { dtype: x.dtype, shape: [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)] }
  },
  // Each entry adds up the gradients of all its copies.
  vjp: ({ x, indices }, _y, dy, { axis }) => ({
    x: addUpAlong(dy, indices, x.shape, normalizeAxis(axis, x.shape.length, 'Gather')),
    indices: nondiff('indices choose elements'),
  }),
  batch: ({ x, indices }, { call, attributes }) => {
    const rank = logicalRank(x)
    const axis = normalizeAxis(attributes.axis, rank, 'vmap of Gather')
    if (!indices.batched) return call({ x: x.value, indices: indices.value }, { axis: axis + 1 })
    if (!x.batched) {
      // The batch axis comes out where the picked axis was.
      const y = call({ x: x.value, indices: indices.value }, { axis })
      const others = y.shape.map((_, i) => i).filter(i => i !== axis)
      return axis === 0 ? y : transpose(y, { perm: [axis, ...others] })
    }
    // Each entry picks from its own x: a GatherND over the picked axis, brought to the front.
    const others = Array.from({ length: rank }, (_, i) => i + 1).filter(i => i !== axis + 1)
    const front = axis === 0 ? x.value : transpose(x.value, { perm: [0, axis + 1, ...others] })
    const tuples = reshapeTo(cast(indices.value, { to: 'int64' }), [
      ...staticShape(indices.value.shape, 'vmap of Gather'),
      1,
    ])
    const picked = gatherND(front, tuples, { batch_dims: 1 })
    const count = logicalRank(indices)
    const before = Array.from({ length: axis }, (_, i) => 1 + count + i)
    const chosen = Array.from({ length: count }, (_, i) => 1 + i)
    const after = Array.from({ length: rank - 1 - axis }, (_, i) => 1 + count + axis + i)
    return axis === 0 ? picked : transpose(picked, { perm: [0, ...before, ...chosen, ...after] })
  },
  fold: ({ x, indices }, { axis }) => {
    const data = small(x)
    const chosen = small(indices)
    const positions = exactNumbers(chosen)
    if (!data || !chosen || !positions) return undefined
    const at = normalizeAxis(axis, data.shape.length, 'Gather')
    const dim = data.shape[at] ?? 0
    const after = sizeOf(data.shape.slice(at + 1))
    const shape = [...data.shape.slice(0, at), ...chosen.shape, ...data.shape.slice(at + 1)]
    if (!isStatic(shape) || positions.some(i => i < -dim || i >= dim)) return undefined
    return rearranged(data, shape, i => {
      const position = positions[Math.floor(i / after) % positions.length] ?? 0
      return (
        (Math.floor(i / (after * positions.length)) * dim + (position < 0 ? position + dim : position)) * after +
        (i % after)
      )
    })
  },
  samples: [
    { x: [5, 3], indices: { values: [0, 4, -1, 2, 2], shape: [5] } },
    { x: [5, 3], indices: { shape: [4], dtype: 'int32', low: 0, high: 5 } },
    { x: [2, 5, 3], indices: { shape: [2, 2], dtype: 'int64', low: -5, high: 5 }, attrs: { axis: 1 } },
    { x: [3, 4], indices: { values: [-2], shape: [] }, attrs: { axis: -1 } },
    { x: [600, 2], indices: { values: [1, 599, -1, 1, 300], dtype: 'int32' } },
    { x: { shape: [4], dtype: 'int64' }, indices: { shape: [3], dtype: 'int32', low: 0, high: 4 } },
  ],
})
