import { ints } from '../constants.ts'
import { attr, defineOp, type Op, zeroGradient } from '../define.ts'
import { requireNumeric } from '../infer.ts'
import { batchAxis } from './axis.ts'
import { reducedShape } from './reduction.ts'

const attrs = { axis: attr.int(0), keepdims: attr.int(1), select_last_index: attr.int(0) }

/** Position (int64) of the largest element along `axis`: the first of equals, or the last with `select_last_index`. */
export const argMax: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'ArgMax',
  since: 13,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { axis, keepdims }) => {
    requireNumeric('ArgMax', x)
    return { dtype: 'int64', shape: reducedShape('ArgMax', x, ints([axis]), { keepdims, noop_with_empty_axes: 0 }) }
  },
  vjp: zeroGradient('a position does not change smoothly'),
  batch: batchAxis,
  samples: [
    { x: { shape: [3, 4], distinct: true } },
    { x: { shape: [2, 3, 4], distinct: true }, attrs: { axis: -1, keepdims: 0 } },
    { x: { shape: [2, 9], dtype: 'int32', high: 3 }, attrs: { axis: 1 } },
    { x: { shape: [2, 9], dtype: 'int32', high: 3 }, attrs: { axis: 1, select_last_index: 1 } },
  ],
})
