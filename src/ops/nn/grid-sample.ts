import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import { ensureBatched } from '../batching.ts'
import { attr, defineOp, type Op, zeroGradient } from '../define.ts'
import { requireNumeric } from '../infer.ts'
import { foldBatch, unfoldBatch } from './conv-batching.ts'
import { countedSize, spatialShape } from './conv-shape.ts'
import { sampledGradients } from './grid-sample-gradient.ts'

const attrs = { align_corners: attr.int(0), mode: attr.string('linear'), padding_mode: attr.string('zeros') }

/** Samples x [N, C, …spatial] at the places of `grid` [N, …places, rank], given in −1 … 1 along each axis, last axis first. */
export const gridSample: Op<['x', 'grid'], ['y'], typeof attrs> = defineOp({
  type: 'GridSample',
  since: 20,
  inputs: ['x', 'grid'],
  attrs,
  infer: ({ x, grid }, { mode }) => {
    requireNumeric('GridSample', x)
    const spatial = spatialShape('GridSample', x)
    if (grid.shape.length !== x.shape.length || grid.shape.at(-1) !== spatial.length) {
      throw new ShapeError({
        where: 'GridSample',
        expected: `a grid of rank ${x.shape.length} whose last axis holds ${spatial.length} coordinates`,
        received: formatShape(grid.shape),
      })
    }
    if (!['linear', 'nearest', 'cubic'].includes(mode)) {
      throw new ArgumentError({
        where: 'GridSample',
        expected: "mode 'linear', 'nearest' or 'cubic'",
        received: `'${mode}'`,
      })
    }
    return { dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...grid.shape.slice(1, -1)] }
  },
  vjp: ({ x, grid }, _y, dy, attributes) => {
    const { x: dx, grid: dgrid } = sampledGradients(x, grid, dy, attributes)
    return { x: dx, grid: dgrid ?? zeroGradient('the nearest element stays the same nearly everywhere') }
  },
  batch: ({ x, grid }, { call, attributes, size }) =>
    unfoldBatch(
      call({ x: foldBatch(ensureBatched(x, size)), grid: foldBatch(ensureBatched(grid, size)) }, attributes),
      size,
    ),
  samples: [
    { x: [2, 2, 5, 4], grid: { shape: [2, 3, 2, 2], low: -1.4, high: 1.4 }, attrs: { padding_mode: 'border' } },
    { x: [2, 3, 4, 5], grid: { shape: [2, 2, 3, 2], low: -1, high: 1 } },
    {
      x: [1, 2, 4, 5],
      grid: { shape: [1, 3, 3, 2], low: -1, high: 1 },
      attrs: { mode: 'nearest', padding_mode: 'border', align_corners: 1 },
    },
    { x: [2, 2, 4, 5], grid: { shape: [2, 3, 2, 2], low: -1.5, high: 1.5 }, attrs: { mode: 'cubic' } },
    {
      x: [1, 2, 4, 3],
      grid: { shape: [1, 2, 3, 2], low: -3, high: 3 },
      attrs: { mode: 'cubic', padding_mode: 'reflection', align_corners: 1 },
    },
    {
      x: [1, 2, 4, 3],
      grid: { shape: [1, 2, 3, 2], low: -1.5, high: 1.5 },
      attrs: { mode: 'cubic', padding_mode: 'border' },
    },
    { x: [1, 2, 4, 3], grid: { shape: [1, 2, 3, 2], low: -3, high: 3 }, attrs: { padding_mode: 'reflection' } },
    { x: [1, 2, 2, 4, 3], grid: { shape: [1, 2, 1, 2, 3], low: -1.3, high: 1.3 } },
    {
      x: [2, 1, 3, 2, 4],
      grid: { shape: [2, 2, 2, 1, 3], low: -2, high: 2 },
      attrs: { padding_mode: 'reflection', align_corners: 1 },
    },
    {
      x: [1, 2, 3, 2, 4],
      grid: { shape: [1, 2, 2, 1, 3], low: -2, high: 2 },
      attrs: { mode: 'nearest', padding_mode: 'reflection' },
    },
  ],
  traits: { flops: node => 8 * countedSize(node.outputs[0]?.shape ?? []) },
})
