import { defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { recurrentAttrs, recurrentFlops, recurrentTypes, unrolledInstead } from './recurrence.ts'

/**
 * Simple recurrence h ← f(x·Wᵀ + h·Rᵀ + b) over the steps of x [steps, batch, features]; f is tanh unless `activations`
 * says otherwise. Outputs: all states [steps, directions, batch, units], and the last one.
 */
export const rnn: Op<['x', 'w', 'r', 'b?', 'sequence_lens?', 'initial_h?'], ['y?', 'y_h?'], typeof recurrentAttrs> =
  defineOp({
    type: 'RNN',
    since: 14,
    inputs: ['x', 'w', 'r', 'b?', 'sequence_lens?', 'initial_h?'],
    outputs: ['y?', 'y_h?'],
    attrs: recurrentAttrs,
    infer: (inputs, attributes) => {
      const { y, last } = recurrentTypes('RNN', 1, inputs, attributes)
      return { y, y_h: last }
    },
    vjp: nondiff(unrolledInstead),
    batch: unrolled,
    samples: [
      { x: [4, 2, 3], w: [1, 5, 3], r: [1, 5, 5], b: [1, 10], attrs: { hidden_size: 5 } },
      {
        x: [4, 2, 3],
        w: [2, 5, 3],
        r: [2, 5, 5],
        attrs: { hidden_size: 5, direction: 'bidirectional', activations: ['Tanh', 'Relu'] },
      },
      {
        x: [2, 4, 3],
        w: [1, 5, 3],
        r: [1, 5, 5],
        attrs: { hidden_size: 5, layout: 1 },
        skip: { cpu: 'ONNX Runtime has no kernel for layout 1' },
      },
    ],
    traits: { flops: recurrentFlops },
  })
