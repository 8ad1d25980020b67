import { ArgumentError } from '../../core/errors.ts'
import { formatShape, normalizeAxis, staticShape } from '../../core/shape.ts'
import { logicalRank } from '../batching.ts'
import { constantInts, ints } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'

const attrs = { axes: attr.ints() }

/** Crops or zero-pads around the centre, so that `axes` (all when left out) get the sizes `shape`. An odd rest goes to the end. */
export const centerCropPad: Op<['x', 'shape'], ['y'], typeof attrs> = defineOp({
  type: 'CenterCropPad',
  since: 18,
  inputs: ['x', 'shape'],
  attrs,
  infer: ({ x, shape }, { axes }) => {
    const along = alongOf(axes, x.shape.length)
    const sizes = constantInts(shape)
    if (sizes && sizes.length !== along.length) {
      throw new ArgumentError({
        where: 'CenterCropPad',
        expected: `${along.length} sizes, one for each axis`,
        received: formatShape(sizes),
      })
    }
    return {
      dtype: x.dtype,
      shape: x.shape.map((dim, i) =>
        along.includes(i) ? (sizes?.[along.indexOf(i)] ?? `crop_${shape.id}_${i}`) : dim,
      ),
    }
  },
  // Cropping and padding round the same way, so each is the other's adjoint.
  vjp: ({ x }, _y, dy, { axes }) => {
    const along = alongOf(axes, x.shape.length)
    const sizes = staticShape(x.shape, 'gradient of CenterCropPad')
    return {
      x: centerCropPad(dy, ints(along.map(axis => sizes[axis] ?? 0)), { axes: along }),
      shape: nondiff('sizes are integers'),
    }
  },
  batch: ({ x, shape }, { call, attributes: { axes } }) =>
    call({ x: x.value, shape: shape.value }, { axes: alongOf(axes, logicalRank(x)).map(axis => axis + 1) }),
  samples: [
    { x: [5, 4], shape: { values: [3, 7] } },
    { x: [4, 5, 2], shape: { values: [7, 2] }, attrs: { axes: [0, 1] } },
    { x: [4, 5], shape: { values: [8] }, attrs: { axes: [-1] } },
  ],
})

const alongOf = (axes: readonly number[] | undefined, rank: number): number[] =>
  axes ? axes.map(axis => normalizeAxis(axis, rank, 'CenterCropPad')) : Array.from({ length: rank }, (_, i) => i)
