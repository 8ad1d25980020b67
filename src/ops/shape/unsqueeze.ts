import type { Dim } from '../../core/shape.ts'
import { normalizeAxes } from '../../core/shape.ts'
import { ints, requireInts } from '../constants.ts'
import { defineOp, nondiff, type Op } from '../define.ts'
import { reshapeLike } from '../gradients.ts'

/** Inserts axes of size 1; `axes` count in the output. */
export const unsqueeze: Op<['x', 'axes']> = defineOp({
  type: 'Unsqueeze',
  since: 21,
  inputs: ['x', 'axes'],
  infer: ({ x, axes }) => {
    const listed = requireInts(axes, 'Unsqueeze', 'axes')
    const shape: Dim[] = [...x.shape]
    for (const axis of normalizeAxes(listed, x.shape.length + listed.length, 'Unsqueeze')) shape.splice(axis, 0, 1)
    return { dtype: x.dtype, shape }
  },
  vjp: ({ x }, _y, dy) => ({ x: reshapeLike(dy, x), axes: nondiff('axes are integers') }),
  batch: ({ x, axes }, { call, attributes }) => {
    const listed = requireInts(axes.value, 'vmap of Unsqueeze', 'axes')
    const rank = x.value.shape.length - 1 + listed.length
    return call({ x: x.value, axes: ints(normalizeAxes(listed, rank, 'Unsqueeze').map(axis => axis + 1)) }, attributes)
  },
  samples: [
    { x: [2, 3], axes: { values: [0] } },
    { x: [2, 3], axes: { values: [-1, 1] } },
    { x: [], axes: { values: [0] } },
  ],
  traits: { reshapes: true },
})
