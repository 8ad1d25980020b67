import { normalizeAxis } from '../../core/shape.ts'
import { constantInts, requireInts, scalar } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireFloat, requireIndex } from '../infer.ts'
import { div } from '../math/div.ts'
import { mul } from '../math/mul.ts'
import { cumSum } from './cum-sum.ts'

const attrs = { exclusive: attr.int(0), reverse: attr.int(0) }

/**
 * Running products along the axis given by the scalar `axis`; `exclusive` leaves the element itself out, `reverse` starts from the end.
 * The gradient divides by the elements, as TensorFlow's does: it is NaN at zeros.
 */
export const cumProd: Op<['x', 'axis'], ['y'], typeof attrs> = defineOp({
  type: 'CumProd',
  since: 26,
  inputs: ['x', 'axis'],
  attrs,
  infer: ({ x, axis }) => {
    requireFloat('CumProd', x)
    requireIndex('CumProd', axis)
    const [along] = constantInts(axis) ?? []
    if (along !== undefined) normalizeAxis(along, x.shape.length, 'CumProd')
    return x.type
  },
  // ∂yᵢ/∂xⱼ = yᵢ/xⱼ for all products i that xⱼ is a factor of, which a running sum the other way adds up.
  vjp: ({ x, axis }, y, dy, { exclusive, reverse }) => ({
    x: div(cumSum(mul(dy, y), axis, { exclusive, reverse: reverse ? 0 : 1 }), x),
    axis: nondiff('an axis is an integer'),
  }),
  batch: ({ x, axis }, { call, attributes }) => {
    const [along = 0] = requireInts(axis.value, 'vmap of CumProd', 'axis')
    const moved = scalar(normalizeAxis(along, x.value.shape.length - 1, 'CumProd') + 1, 'int64')
    return call({ x: x.value, axis: moved }, attributes)
  },
  samples: [
    { x: { shape: [3, 4], low: 0.5, high: 2 }, axis: { values: [0], shape: [] } },
    { x: { shape: [2, 3], low: -2, high: -0.5 }, axis: { values: [-1], shape: [] }, attrs: { exclusive: 1 } },
    { x: { shape: [2, 3], low: 0.5, high: 2 }, axis: { values: [1], shape: [] }, attrs: { reverse: 1 } },
    { x: { shape: [4], low: 0.5, high: 2 }, axis: { values: [0], shape: [] }, attrs: { exclusive: 1, reverse: 1 } },
  ],
})
