import { ShapeError } from '../../core/errors.ts'
import { formatShape, normalizeAxis } from '../../core/shape.ts'
import { ensureBatched, logicalRank } from '../batching.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireIndex, sameDType } from '../infer.ts'
import { gatherElements } from './gather-elements.ts'
import { checkReduction, scatterGradients } from './scatter-gradients.ts'

const attrs = { axis: attr.int(0), reduction: attr.string('none') }

/** A copy of `data` with one element for each index replaced by (or, by `reduction`, combined with) an update. Undoes GatherElements. */
export const scatterElements: Op<['data', 'indices', 'updates'], ['y'], typeof attrs> = defineOp({
  type: 'ScatterElements',
  since: 18,
  inputs: ['data', 'indices', 'updates'],
  attrs,
  infer: ({ data, indices, updates }, { axis, reduction }) => {
    requireIndex('ScatterElements', indices)
    checkReduction('ScatterElements', reduction)
    normalizeAxis(axis, data.shape.length, 'ScatterElements')
    const fits =
      updates.shape.length === indices.shape.length &&
      updates.shape.every(
        (dim, i) => typeof dim === 'string' || typeof indices.shape[i] === 'string' || dim === indices.shape[i],
      )
    if (!fits || indices.shape.length !== data.shape.length) {
      throw new ShapeError({
        where: 'ScatterElements',
        expected: `indices and updates of one shape, of rank ${data.shape.length}`,
        received: `${formatShape(indices.shape)} and ${formatShape(updates.shape)}`,
      })
    }
    return { dtype: sameDType('ScatterElements', data, updates), shape: data.shape }
  },
  vjp: ({ data, indices, updates }, y, dy, { axis, reduction }) => ({
    indices: nondiff('indices choose elements'),
    ...scatterGradients(
      { data, updates, y, dy, reduction },
      x => gatherElements(x, indices, { axis }),
      (into, what, how) => scatterElements(into, indices, what, { axis, reduction: how }),
    ),
  }),
  batch: ({ data, indices, updates }, { call, attributes, size }) => {
    const axis = normalizeAxis(attributes.axis, logicalRank(data), 'vmap of ScatterElements') + 1
    return call(
      { data: ensureBatched(data, size), indices: ensureBatched(indices, size), updates: ensureBatched(updates, size) },
      { ...attributes, axis },
    )
  },
  samples: [
    { data: [3, 3], indices: { values: [1, 0, -1, 0, 2, 1], shape: [2, 3] }, updates: [2, 3] },
    { data: [2, 4], indices: { values: [3, 1, -4, 2], shape: [2, 2] }, updates: [2, 2], attrs: { axis: -1 } },
    { data: [3, 2], indices: { values: [1, 1, -2, 0], shape: [2, 2] }, updates: [2, 2], attrs: { reduction: 'add' } },
    {
      data: [4],
      indices: { values: [1, 3, 1] },
      updates: { values: [2, 0.5, -3], dtype: 'float32' },
      attrs: { reduction: 'mul' },
    },
    {
      data: [4],
      indices: { values: [1, 3, 1] },
      updates: [3],
      attrs: { reduction: 'mul' },
    },
    {
      data: { shape: [3, 2], distinct: true },
      indices: { values: [1, 1, 1, 0], shape: [2, 2] },
      updates: { shape: [2, 2], distinct: true },
      attrs: { reduction: 'max' },
    },
    {
      data: { shape: [3, 2], distinct: true },
      indices: { values: [2, 1, -1, 0], shape: [2, 2] },
      updates: { shape: [2, 2], distinct: true },
      attrs: { reduction: 'min' },
    },
    {
      data: { shape: [4], dtype: 'int64' },
      indices: { shape: [3], dtype: 'int32', low: -4, high: 4 },
      updates: { shape: [3], dtype: 'int64' },
      attrs: { reduction: 'add' },
    },
  ],
})
