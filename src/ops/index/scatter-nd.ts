import { DTypeError, ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import { ensureBatched } from '../batching.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { sameDType } from '../infer.ts'
import { gatherND, tupleLength } from './gather-nd.ts'
import { withBatchPositions } from './nd-indices.ts'
import { checkReduction, scatterGradients } from './scatter-gradients.ts'

const attrs = { reduction: attr.string('none') }

/**
 * A copy of `data` with a slice for each index tuple (the last axis of `indices`) replaced by, or combined with, an update.
 * ONNX Runtime's CPU kernel combines in parallel without a lock: with a reduction and duplicate tuples, several threads may lose
 * updates. Gradient rules add rows up by other means for that reason.
 */
export const scatterND: Op<['data', 'indices', 'updates'], ['y'], typeof attrs> = defineOp({
  type: 'ScatterND',
  since: 18,
  inputs: ['data', 'indices', 'updates'],
  attrs,
  infer: ({ data, indices, updates }, { reduction }) => {
    if (indices.dtype !== 'int64')
      throw new DTypeError({ where: 'ScatterND', expected: 'int64 indices', received: indices.dtype })
    checkReduction('ScatterND', reduction)
    const k = tupleLength('ScatterND', indices, data.shape.length)
    const wanted = [...indices.shape.slice(0, -1), ...data.shape.slice(k)]
    const fits =
      wanted.length === updates.shape.length &&
      wanted.every(
        (dim, i) => typeof dim === 'string' || typeof updates.shape[i] === 'string' || dim === updates.shape[i],
      )
    if (!fits)
      throw new ShapeError({
        where: 'ScatterND',
        expected: `updates of shape ${formatShape(wanted)}`,
        received: formatShape(updates.shape),
      })
    return { dtype: sameDType('ScatterND', data, updates), shape: data.shape }
  },
  vjp: ({ data, indices, updates }, y, dy, { reduction }) => ({
    indices: nondiff('indices choose elements'),
    ...scatterGradients(
      { data, updates, y, dy, reduction },
      x => gatherND(x, indices),
      (into, what, how) => scatterND(into, indices, what, { reduction: how }),
    ),
  }),
  batch: ({ data, indices, updates }, { call, attributes, size }) =>
    call(
      {
        data: ensureBatched(data, size),
        indices: withBatchPositions(ensureBatched(indices, size), 1),
        updates: ensureBatched(updates, size),
      },
      attributes,
    ),
  samples: [
    { data: [4, 3], indices: { values: [2, -4], shape: [2, 1] }, updates: [2, 3] },
    { data: [2, 3, 2], indices: { values: [0, 1, 1, -1], shape: [2, 2] }, updates: [2, 2] },
    { data: [4, 2], indices: { values: [1, 3, 1], shape: [3, 1] }, updates: [3, 2], attrs: { reduction: 'add' } },
    {
      data: [4],
      indices: { values: [1, -1, 1], shape: [3, 1] },
      updates: { values: [2, 0.5, -3], dtype: 'float32' },
      attrs: { reduction: 'mul' },
    },
    {
      data: [4, 2],
      indices: { values: [1, -1, 1], shape: [3, 1] },
      updates: [3, 2],
      attrs: { reduction: 'mul' },
    },
    {
      data: { shape: [3, 2], distinct: true },
      indices: { values: [1, 1], shape: [2, 1] },
      updates: { shape: [2, 2], distinct: true },
      attrs: { reduction: 'max' },
    },
    {
      data: { shape: [3, 2], distinct: true },
      indices: { values: [2, 0, -1, 1], shape: [2, 2] },
      updates: { shape: [2], distinct: true },
      attrs: { reduction: 'min' },
    },
    {
      data: { shape: [3], dtype: 'int64' },
      indices: { values: [0, 2], shape: [2, 1] },
      updates: { shape: [2], dtype: 'int64' },
    },
  ],
})
