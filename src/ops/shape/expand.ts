import { ArgumentError } from '../../core/errors.ts'
import { broadcastShapes, formatShape, sizeOf, staticShape } from '../../core/shape.ts'
import { padRank } from '../batching.ts'
import { constantInts, ints, requireInts } from '../constants.ts'
import { defineOp, nondiff, type Op } from '../define.ts'
import { broadcastIndex, foldLimit, rearranged, small } from '../fold.ts'
import { unbroadcast } from '../gradients.ts'

/** Broadcasts to the shape that `x` and `shape` have in common. */
export const expand: Op<['x', 'shape']> = defineOp({
  type: 'Expand',
  since: 13,
  inputs: ['x', 'shape'],
  infer: ({ x, shape }) => {
    const target = constantInts(shape)
    if (target) return { dtype: x.dtype, shape: broadcastShapes('Expand', x.shape, target) }
    const [rank] = shape.shape
    if (typeof rank !== 'number')
      throw new ArgumentError({
        where: 'Expand',
        expected: 'a shape of known length',
        received: formatShape(shape.shape),
      })
    return {
      dtype: x.dtype,
      shape: Array.from({ length: Math.max(rank, x.shape.length) }, (_, i) => `expand_${shape.id}_${i}`),
    }
  },
  vjp: ({ x }, _y, dy) => ({ x: unbroadcast(dy, x), shape: nondiff('a shape is made of integers') }),
  batch: ({ x, shape }, { call, attributes, size }) => {
    const target = broadcastShapes(
      'Expand',
      x.value.shape.slice(1),
      requireInts(shape.value, 'vmap of Expand', 'shape'),
    ).map(dim => sizeOf([dim]))
    return call({ x: padRank(x, target.length), shape: ints([size, ...target]) }, attributes)
  },
  fold: ({ x, shape }) => {
    const data = small(x)
    const target = constantInts(shape)
    const joined = data && target && staticShape(broadcastShapes('Expand', data.shape, target))
    if (!data || !joined || sizeOf(joined) > foldLimit) return undefined
    return rearranged(data, joined, broadcastIndex(data.shape, joined))
  },
  samples: [
    { x: [3, 1], shape: { values: [2, 3, 4] } },
    { x: [3, 4], shape: { values: [1] } },
    { x: [], shape: { values: [2, 2] } },
  ],
})
