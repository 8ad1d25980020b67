import { ArgumentError } from '../../core/errors.ts'
import { formatShape, staticShape } from '../../core/shape.ts'
import { constantInts, ints, requireInts } from '../constants.ts'
import { defineOp, nondiff, type Op } from '../define.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { reshape } from './reshape.ts'

/** Repeats the whole tensor `repeats[i]` times along each axis i (NumPy's tile). */
export const tile: Op<['x', 'repeats']> = defineOp({
  type: 'Tile',
  since: 13,
  inputs: ['x', 'repeats'],
  infer: ({ x, repeats }) => {
    const times = constantInts(repeats)
    if (!times) return { dtype: x.dtype, shape: x.shape.map((_, i) => `tile_${repeats.id}_${i}`) }
    if (times.length !== x.shape.length || times.some(n => n < 0)) {
      throw new ArgumentError({
        where: 'Tile',
        expected: `${x.shape.length} repeats, one for each axis, none negative`,
        received: formatShape(times),
      })
    }
    return { dtype: x.dtype, shape: x.shape.map((dim, i) => repeated(dim, times[i] ?? 1)) }
  },
  // Each element gets the sum over its copies: split every axis into (copies, size), add up the copies.
  vjp: ({ x, repeats }, _y, dy) => {
    const shape = staticShape(x.shape, 'gradient of Tile')
    const times = requireInts(repeats, 'gradient of Tile', 'repeats')
    const split: number[] = []
    const copies: number[] = []
    shape.forEach((dim, i) => {
      const n = times[i] ?? 1
      if (n !== 1) copies.push(split.push(n) - 1)
      split.push(dim)
    })
    const dx =
      copies.length === 0 ? dy : reduceSum(reshape(dy, ints(split), { allowzero: 1 }), ints(copies), { keepdims: 0 })
    return { x: dx, repeats: nondiff('repeats are integers') }
  },
  batch: ({ x, repeats }, { call, attributes }) =>
    call({ x: x.value, repeats: ints([1, ...requireInts(repeats.value, 'vmap of Tile', 'repeats')]) }, attributes),
  samples: [
    { x: [2, 3], repeats: { values: [2, 2] } },
    { x: [2, 1, 3], repeats: { values: [1, 4, 2] } },
    { x: [4], repeats: { values: [1] } },
    { x: { shape: [2, 2], dtype: 'int32' }, repeats: { values: [1, 3] } },
  ],
})

const repeated = (dim: number | string, times: number): number | string =>
  typeof dim === 'number' ? dim * times : times === 1 ? dim : `${dim}*${times}`
