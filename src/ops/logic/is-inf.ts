import { elementwise } from '../batching.ts'
import { attr, defineOp, type Op, zeroGradient } from '../define.ts'
import { requireFloat } from '../infer.ts'

const attrs = { detect_negative: attr.int(1), detect_positive: attr.int(1) }
const values = [1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]

/** Whether each element is infinite; the attributes leave out one sign. */
export const isInf: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'IsInf',
  since: 20,
  inputs: ['x'],
  attrs,
  infer: ({ x }) => {
    requireFloat('IsInf', x)
    return { dtype: 'bool', shape: x.shape }
  },
  vjp: zeroGradient('a truth value does not change smoothly'),
  batch: elementwise,
  samples: [
    { x: { values, dtype: 'float32' } },
    { x: { values, dtype: 'float32' }, attrs: { detect_negative: 0 } },
    { x: [2, 3], attrs: { detect_positive: 0 } },
  ],
  traits: { elementwise: true },
})
