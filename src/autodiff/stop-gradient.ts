import { elementwise } from '../ops/batching.ts'
import { defineOp, type Op, zeroGradient } from '../ops/define.ts'

/** `x` itself, as a constant to whoever differentiates. An Identity in files; outside of the table, so no model is decoded to it. */
export const stopGradient: Op<['x']> = defineOp({
  type: 'Identity',
  since: 21,
  inputs: ['x'],
  infer: ({ x }) => x.type,
  vjp: zeroGradient('it was asked to stop here'),
  batch: elementwise,
  samples: [],
})
