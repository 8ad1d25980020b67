import { elementwise } from '../batching.ts'
import { defineOp, type Op, zeroGradient } from '../define.ts'
import { requireInteger } from '../infer.ts'

/** ~x, bit by bit on integers. */
export const bitwiseNot: Op<['x']> = defineOp({
  type: 'BitwiseNot',
  since: 18,
  inputs: ['x'],
  infer: ({ x }) => {
    requireInteger('BitwiseNot', x)
    return x
  },
  vjp: zeroGradient('integers do not change smoothly'),
  batch: elementwise,
  samples: [
    { x: { shape: [3, 4], dtype: 'int32', low: -99, high: 99 } },
    { x: { shape: [], dtype: 'uint8', high: 255 } },
  ],
  traits: { elementwise: true },
})
