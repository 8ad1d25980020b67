import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { formatShape, normalizeAxis } from '../../core/shape.ts'
import { logicalRank } from '../batching.ts'
import { constant, constantNumbers, ints, scalarLike } from '../constants.ts'
import { attr, defineOp, type Op, zeroGradient } from '../define.ts'
import { requireNumeric } from '../infer.ts'
import { add } from '../math/add.ts'
import { cast } from '../math/cast.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { concat } from '../shape/concat.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { slice } from '../shape/slice.ts'

const attrs = { axis: attr.int(-1) }

/**
 * A new axis of length `depth`, `values[1]` at the index and `values[0]` elsewhere. Negative indices count from the end; indices
 * outside of [−depth, depth) give `values[0]` everywhere.
 */
export const oneHot: Op<['indices', 'depth', 'values'], ['y'], typeof attrs> = defineOp({
  type: 'OneHot',
  since: 11,
  inputs: ['indices', 'depth', 'values'],
  attrs,
  infer: ({ indices, depth, values }, { axis }) => {
    requireNumeric('OneHot', indices)
    if (values.shape.length !== 1 || (typeof values.shape[0] === 'number' && values.shape[0] !== 2)) {
      throw new ShapeError({
        where: 'OneHot',
        expected: "'values' [off, on]",
        received: `shape ${formatShape(values.shape)}`,
      })
    }
    const length = constantNumbers(depth)?.[0]
    if (length !== undefined && !(length >= 1))
      throw new ArgumentError({ where: 'OneHot', expected: 'a depth of at least 1', received: String(length) })
    const at = normalizeAxis(axis, indices.shape.length + 1, 'OneHot')
    const shape = [...indices.shape]
    shape.splice(at, 0, length === undefined ? `depth_${depth.id}` : Math.trunc(length))
    return { dtype: values.dtype, shape }
  },
  // y = off + (on − off)·h with h the one-hot tensor of zeros and ones: d on = Σ dy·h, d off = Σ dy·(1 − h).
  vjp: ({ indices, depth, values }, _y, dy, attributes) => {
    const h = cast(oneHot(indices, depth, constant([0, 1]), attributes), { to: values.dtype })
    const on = reduceSum(mul(dy, h), undefined, { keepdims: 0 })
    const off = sub(reduceSum(dy, undefined, { keepdims: 0 }), on)
    const pair = concat([reshapeTo(off, [1]), reshapeTo(on, [1])], { axis: 0 })
    return { indices: zeroGradient('indices choose elements'), depth: zeroGradient('a depth is a size'), values: pair }
  },
  batch: ({ indices, depth, values }, { call, attributes, size }) => {
    const rank = logicalRank(indices)
    const axis = normalizeAxis(attributes.axis, rank + 1, 'vmap of OneHot') + (indices.batched ? 1 : 0)
    if (!values.batched) return call({ indices: indices.value, depth: depth.value, values: values.value }, { axis })
    const h = cast(call({ indices: indices.value, depth: depth.value, values: constant([0, 1]) }, { axis }), {
      to: values.value.dtype,
    })
    const shape = [size, ...new Array<number>(rank + 1).fill(1)]
    const [off, on] = [0, 1].map(i => reshapeTo(slice(values.value, ints([i]), ints([i + 1]), ints([1])), shape))
    return off && on ? add(mul(h, on), mul(sub(scalarLike(1, h), h), off)) : h
  },
  samples: [
    { indices: { values: [0, 2, -1, 5] }, depth: { values: [3], shape: [] }, values: [2] },
    {
      indices: { shape: [2, 3], dtype: 'int64', low: -4, high: 4 },
      depth: { values: [4] },
      values: [2],
      attrs: { axis: 0 },
    },
    {
      indices: { shape: [2, 3], dtype: 'int64', low: 0, high: 4 },
      depth: { values: [4] },
      values: { values: [0, 1], dtype: 'int64' },
      attrs: { axis: -2 },
    },
  ],
})
