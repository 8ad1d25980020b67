import { elementwise } from '../batching.ts'
import { defineOp, type Op, zeroGradient } from '../define.ts'
import { requireFloat } from '../infer.ts'

/** Whether each element is NaN. */
export const isNan: Op<['x']> = defineOp({
  type: 'IsNaN',
  since: 20,
  inputs: ['x'],
  infer: ({ x }) => {
    requireFloat('IsNaN', x)
    return { dtype: 'bool', shape: x.shape }
  },
  vjp: zeroGradient('a truth value does not change smoothly'),
  batch: elementwise,
  samples: [
    { x: { values: [1, Number.NaN, Number.POSITIVE_INFINITY, 0], dtype: 'float32' } },
    { x: [2, 3] },
    { x: [] },
  ],
  traits: { elementwise: true },
})
