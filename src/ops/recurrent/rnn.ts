import { defineOp, type Op, unrolled } from '../define.ts'
import { gradientsThrough } from '../expansion.ts'
import { add } from '../math/add.ts'
import { matMul } from '../math/mat-mul.ts'
import { tanh } from '../math/tanh.ts'
import { swapLast } from '../shape/transpose.ts'
import { type ActivationAttributes, activationsOf } from './activations.ts'
import { recurrentAttrs, recurrentFlops, recurrentTypes } from './recurrence.ts'
import { type Step, unfold } from './unfold.ts'

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
    vjp: (inputs, _, { y, y_h }, attributes, walks) => {
      const unfolded = unfold('RNN', inputs, attributes, 1, stepOf(attributes), walks.batch)
      return gradientsThrough(inputs, [unfolded.y, ...unfolded.last], [y, y_h], walks)
    },
    batch: unrolled,
    samples: [
      { x: [4, 2, 3], w: [1, 5, 3], r: [1, 5, 5], b: [1, 10], attrs: { hidden_size: 5 } },
      {
        x: [4, 2, 3],
        w: [2, 5, 3],
        r: [2, 5, 5],
        attrs: { hidden_size: 5, direction: 'bidirectional', activations: ['Tanh', 'Sigmoid'] },
      },
      {
        x: [4, 3, 2],
        w: [1, 2, 2],
        r: [1, 2, 2],
        sequence_lens: { values: [2, 4, 3], dtype: 'int32' },
        initial_h: [1, 3, 2],
        attrs: { hidden_size: 2, direction: 'reverse' },
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

function stepOf(attributes: ActivationAttributes): Step {
  return (x, [h = x], { w, r, biases }, direction) => {
    const [f = tanh] = activationsOf('RNN', attributes, direction, ['Tanh'])
    const projected = matMul(x, swapLast(w))
    return [f(add(biases ? add(projected, add(...biases)) : projected, matMul(h, swapLast(r))))]
  }
}
