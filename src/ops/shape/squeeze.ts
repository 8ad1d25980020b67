import { ShapeError } from '../../core/errors.ts'
import { formatShape, normalizeAxes } from '../../core/shape.ts'
import { constantInts, ints, requireInts } from '../constants.ts'
import { defineOp, nondiff, type Op } from '../define.ts'
import { foldReshape } from '../fold.ts'
import { reshapeLike } from '../gradients.ts'

const axesOf = (shape: readonly (number | string)[], axes: readonly number[] | undefined): number[] =>
  axes ? normalizeAxes(axes, shape.length, 'Squeeze') : shape.flatMap((dim, i) => (dim === 1 ? [i] : []))

/** Removes axes of size 1 (all such axes when none are named). */
export const squeeze: Op<['x', 'axes?']> = defineOp({
  type: 'Squeeze',
  since: 21,
  inputs: ['x', 'axes?'],
  infer: ({ x, axes }) => {
    const removed = new Set(axesOf(x.shape, axes && requireInts(axes, 'Squeeze', 'axes')))
    for (const axis of removed) {
      if (typeof x.shape[axis] === 'number' && x.shape[axis] !== 1) {
        throw new ShapeError({
          where: 'Squeeze',
          expected: `axis ${axis} to have size 1`,
          received: formatShape(x.shape),
        })
      }
    }
    return { dtype: x.dtype, shape: x.shape.filter((_, i) => !removed.has(i)) }
  },
  vjp: ({ x }, _y, dy) => ({ x: reshapeLike(dy, x), axes: nondiff('axes are integers') }),
  batch: ({ x, axes }, { call, attributes }) =>
    call(
      { x: x.value, axes: ints(axesOf(x.value.shape.slice(1), constantInts(axes?.value)).map(axis => axis + 1)) },
      attributes,
    ),
  fold: ({ x, axes }) => {
    const removed = x.constant && (!axes || axes.constant) ? axesOf(x.shape, constantInts(axes)) : undefined
    return removed && foldReshape(x, { shape: x.shape.filter((_, i) => !removed.includes(i)) })
  },
  samples: [
    { x: [2, 1, 3, 1], axes: { values: [1] } },
    { x: [2, 1, 3, 1], axes: { values: [-1, 1] } },
    { x: [1, 4, 1] },
  ],
  traits: { reshapes: true },
})
