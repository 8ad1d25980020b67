import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'

/** The input. */
export const identity: Op<['x']> = defineOp({
  type: 'Identity',
  since: 21,
  inputs: ['x'],
  infer: ({ x }) => x.type,
  vjp: (_, _y, dy) => ({ x: dy }),
  fold: ({ x }) => x.constant,
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: { shape: [], dtype: 'bool' } }],
  traits: { elementwise: true, identity: true, flops: () => 0 },
})
