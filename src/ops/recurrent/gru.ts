import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { recurrentAttrs, recurrentFlops, recurrentTypes, unrolledInstead } from './recurrence.ts'

const attrs = { ...recurrentAttrs, linear_before_reset: attr.int(0) }

/**
 * Gated recurrent unit (Cho et al., 2014) over the steps of x [steps, batch, features]; gates in the order update, reset,
 * hidden. Keras's `reset_after` is `linear_before_reset`. Outputs: all states, and the last one.
 */
export const gru: Op<['x', 'w', 'r', 'b?', 'sequence_lens?', 'initial_h?'], ['y?', 'y_h?'], typeof attrs> = defineOp({
  type: 'GRU',
  since: 14,
  inputs: ['x', 'w', 'r', 'b?', 'sequence_lens?', 'initial_h?'],
  outputs: ['y?', 'y_h?'],
  attrs,
  infer: (inputs, attributes) => {
    const { y, last } = recurrentTypes('GRU', 3, inputs, attributes)
    return { y, y_h: last }
  },
  vjp: nondiff(unrolledInstead),
  batch: unrolled,
  samples: [
    { x: [4, 2, 3], w: [1, 15, 3], r: [1, 15, 5], b: [1, 30], attrs: { hidden_size: 5 } },
    {
      x: [3, 2, 3],
      w: [2, 6, 3],
      r: [2, 6, 2],
      initial_h: [2, 2, 2],
      attrs: { hidden_size: 2, direction: 'bidirectional', linear_before_reset: 1 },
    },
  ],
  traits: { flops: recurrentFlops },
})
