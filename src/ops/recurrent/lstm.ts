import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { recurrentAttrs, recurrentFlops, recurrentTypes, requireShape, unrolledInstead } from './recurrence.ts'

const attrs = { ...recurrentAttrs, input_forget: attr.int(0) }
type Names = ['x', 'w', 'r', 'b?', 'sequence_lens?', 'initial_h?', 'initial_c?', 'p?']

/**
 * Long short-term memory (Hochreiter & Schmidhuber, 1997) over the steps of x [steps, batch, features]; gates in the order
 * input, output, forget, cell; `p` holds peephole weights. Outputs: all hidden states, the last one, and the last cell state.
 */
export const lstm: Op<Names, ['y?', 'y_h?', 'y_c?'], typeof attrs> = defineOp({
  type: 'LSTM',
  since: 14,
  inputs: ['x', 'w', 'r', 'b?', 'sequence_lens?', 'initial_h?', 'initial_c?', 'p?'],
  outputs: ['y?', 'y_h?', 'y_c?'],
  attrs,
  infer: (inputs, attributes) => {
    const { y, last } = recurrentTypes('LSTM', 4, inputs, attributes)
    if (inputs.initial_c) requireShape('LSTM', 'initial_c', inputs.initial_c, last.shape)
    const units = y.shape[3]
    if (inputs.p && typeof units === 'number') {
      requireShape('LSTM', 'p', inputs.p, [attributes.direction === 'bidirectional' ? 2 : 1, 3 * units])
    }
    return { y, y_h: last, y_c: last }
  },
  vjp: nondiff(unrolledInstead),
  batch: unrolled,
  samples: [
    { x: [4, 2, 3], w: [1, 20, 3], r: [1, 20, 5], b: [1, 40], attrs: { hidden_size: 5 } },
    {
      x: [3, 2, 3],
      w: [2, 8, 3],
      r: [2, 8, 2],
      b: [2, 16],
      initial_h: [2, 2, 2],
      initial_c: [2, 2, 2],
      p: [2, 6],
      attrs: { hidden_size: 2, direction: 'bidirectional' },
    },
  ],
  traits: { flops: recurrentFlops },
})
