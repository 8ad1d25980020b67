import { staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ints } from '../constants.ts'
import { attr, defineOp, type Op, unrolled } from '../define.ts'
import { gradientsThrough } from '../expansion.ts'
import { add } from '../math/add.ts'
import { matMul } from '../math/mat-mul.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'
import { tanh } from '../math/tanh.ts'
import { split } from '../shape/split.ts'
import { swapLast } from '../shape/transpose.ts'
import { type ActivationAttributes, activationsOf } from './activations.ts'
import { recurrentAttrs, recurrentFlops, recurrentTypes } from './recurrence.ts'
import { type Step, unfold } from './unfold.ts'

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
  vjp: (inputs, _, { y, y_h }, attributes, walks) => {
    const unfolded = unfold('GRU', inputs, attributes, 1, stepOf(attributes), walks.batch)
    return gradientsThrough(inputs, [unfolded.y, ...unfolded.last], [y, y_h], walks)
  },
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
    {
      x: [4, 3, 2],
      w: [2, 6, 2],
      r: [2, 6, 2],
      b: [2, 12],
      sequence_lens: { values: [4, 1, 3], dtype: 'int32' },
      attrs: { hidden_size: 2, direction: 'bidirectional', linear_before_reset: 1 },
    },
  ],
  traits: { flops: recurrentFlops },
})

/** Gates z, r of W·x + R·h + b; candidate n, with the reset before or after the product; h' = (1 − z)⊙n + z⊙h. */
function stepOf(attributes: ActivationAttributes & { readonly linear_before_reset: number }): Step {
  return (x, [h = x], { w, r, biases }, direction) => {
    const [f = tanh, g = tanh] = activationsOf('GRU', attributes, direction, ['Sigmoid', 'Tanh'])
    const units = staticShape(h.shape, 'gradient of GRU')[1] ?? 0
    const cut = (value: Value, axis: number) => split(value, ints([2 * units, units]), { axis })
    const after = attributes.linear_before_reset !== 0
    const [rGates = r, rNew = r] = after ? [] : cut(r, 0)
    const [bGates, bNew] = biases ? cut(biases[1], 0) : []
    const plus = (value: Value, bias: Value | undefined) => (bias ? add(value, bias) : value)

    const projected = plus(matMul(x, swapLast(w)), biases?.[0])
    const [xGates = x, xNew = x] = cut(projected, 1)
    // After: one product for all three. Before: the candidate's waits for the reset gate.
    const [hGates = h, hNew = h] = after
      ? cut(plus(matMul(h, swapLast(r)), biases?.[1]), 1)
      : [plus(matMul(h, swapLast(rGates)), bGates)]
    const [z = x, reset = x] = split(f(add(xGates, hGates)), ints([units, units]), { axis: 1 })
    const recurrent = after ? mul(reset, hNew) : plus(matMul(mul(reset, h), swapLast(rNew)), bNew)
    const n = g(add(xNew, recurrent))
    return [add(n, mul(z, sub(h, n)))]
  }
}
