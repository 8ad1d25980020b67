import { normalizeAxis } from '../../core/shape.ts'
import { constantInts, ints, requireInts } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireIndex, requireNumeric } from '../infer.ts'

const attrs = { exclusive: attr.int(0), reverse: attr.int(0) }

/** Running sums along the axis given by the scalar `axis`; `exclusive` leaves the element itself out, `reverse` sums from the end. */
export const cumSum: Op<['x', 'axis'], ['y'], typeof attrs> = defineOp({
  type: 'CumSum',
  since: 14,
  inputs: ['x', 'axis'],
  attrs,
  infer: ({ x, axis }) => {
    requireNumeric('CumSum', x)
    requireIndex('CumSum', axis)
    const [along] = constantInts(axis) ?? []
    if (along !== undefined) normalizeAxis(along, x.shape.length, 'CumSum')
    return x.type
  },
  // The adjoint of summing what comes before is summing what comes after.
  vjp: ({ axis }, _y, dy, { exclusive, reverse }) => ({
    x: cumSum(dy, axis, { exclusive, reverse: reverse ? 0 : 1 }),
    axis: nondiff('an axis is an integer'),
  }),
  batch: ({ x, axis }, { call, attributes }) => {
    const [along = 0] = requireInts(axis.value, 'vmap of CumSum', 'axis')
    return call({ x: x.value, axis: ints([normalizeAxis(along, x.value.shape.length - 1, 'CumSum') + 1]) }, attributes)
  },
  samples: [
    { x: [3, 4], axis: { values: [0], shape: [] } },
    { x: [2, 3, 4], axis: { values: [-1] }, attrs: { exclusive: 1 } },
    { x: [2, 3, 4], axis: { values: [1], shape: [], dtype: 'int32' }, attrs: { reverse: 1 } },
    { x: [5], axis: { values: [0] }, attrs: { reverse: 1, exclusive: 1 } },
    { x: { shape: [5], dtype: 'int64' }, axis: { values: [0] } },
  ],
})
