import { normalizeAxes, type Shape } from '../../core/shape.ts'
import { constantInts, ints, requireInts } from '../constants.ts'
import { defineOp, nondiff, type Op } from '../define.ts'
import { foldReshape } from '../fold.ts'
import { reshapeLike } from '../gradients.ts'

/** Inserts axes of size 1; `axes` count in the output. */
export const unsqueeze: Op<['x', 'axes']> = defineOp({
  type: 'Unsqueeze',
  since: 21,
  inputs: ['x', 'axes'],
  infer: ({ x, axes }) => ({ dtype: x.dtype, shape: inserted(x.shape, requireInts(axes, 'Unsqueeze', 'axes')) }),
  vjp: ({ x }, _y, dy) => ({ x: reshapeLike(dy, x), axes: nondiff('axes are integers') }),
  batch: ({ x, axes }, { call, attributes }) => {
    const listed = requireInts(axes.value, 'vmap of Unsqueeze', 'axes')
    const rank = x.value.shape.length - 1 + listed.length
    return call({ x: x.value, axes: ints(normalizeAxes(listed, rank, 'Unsqueeze').map(axis => axis + 1)) }, attributes)
  },
  fold: ({ x, axes }) => {
    const listed = constantInts(axes)
    return listed && foldReshape(x, { shape: inserted(x.shape, listed) })
  },
  samples: [
    { x: [2, 3], axes: { values: [0] } },
    { x: [2, 3], axes: { values: [-1, 1] } },
    { x: [], axes: { values: [0] } },
  ],
  traits: { reshapes: true },
})

function inserted(from: Shape, axes: readonly number[]): Shape {
  const shape = [...from]
  for (const axis of normalizeAxes(axes, from.length + axes.length, 'Unsqueeze')) shape.splice(axis, 0, 1)
  return shape
}
