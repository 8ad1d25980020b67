import { staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ints } from '../constants.ts'
import { attr, defineOp, type Op, unrolled } from '../define.ts'
import { gradientsThrough } from '../expansion.ts'
import { add } from '../math/add.ts'
import { matMul } from '../math/mat-mul.ts'
import { mul } from '../math/mul.ts'
import { tanh } from '../math/tanh.ts'
import { split } from '../shape/split.ts'
import { swapLast } from '../shape/transpose.ts'
import { type ActivationAttributes, activationsOf, refusal } from './activations.ts'
import { recurrentAttrs, recurrentFlops, recurrentTypes, requireShape } from './recurrence.ts'
import { type Step, unfold } from './unfold.ts'

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
  vjp: (inputs, _, { y, y_h, y_c }, attributes, walks) => {
    const unfolded = unfold('LSTM', inputs, attributes, 2, stepOf(attributes), walks.batch)
    return gradientsThrough(inputs, [unfolded.y, ...unfolded.last], [y, y_h, y_c], walks)
  },
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
    {
      x: [4, 3, 2],
      w: [1, 8, 2],
      r: [1, 8, 2],
      b: [1, 16],
      sequence_lens: { values: [4, 2, 1], dtype: 'int32' },
      initial_h: [1, 3, 2],
      attrs: { hidden_size: 2, direction: 'reverse', activations: ['Sigmoid', 'Sigmoid', 'Tanh'] },
    },
  ],
  traits: { flops: recurrentFlops },
})

/** Gates i, o, f, g of z = W·x + R·h + b; c' = f⊙c + i⊙g; h' = o⊙tanh(c'). Peepholes look at c, the output gate's at c'. */
function stepOf(attributes: ActivationAttributes & { readonly input_forget: number }): Step {
  if (attributes.input_forget !== 0) throw refusal('LSTM', 'coupled input and forget gates')
  return (x, [h = x, c = x], { w, r, biases, peepholes }, direction) => {
    const [f = tanh, g = tanh, out = tanh] = activationsOf('LSTM', attributes, direction, ['Sigmoid', 'Tanh', 'Tanh'])
    const projected = matMul(x, swapLast(w))
    const whole = add(biases ? add(projected, add(...biases)) : projected, matMul(h, swapLast(r)))
    const quarter = (staticShape(whole.shape, 'gradient of LSTM')[1] ?? 0) / 4
    const cut = (value: Value, count: number, axis: number) =>
      split(value, ints(new Array<number>(count).fill(quarter)), { axis })
    const looks = peepholes && cut(peepholes, 3, 0)
    const look = (gate: number, state: Value, z: Value): Value => {
      const weight = looks?.[gate]
      return weight ? add(z, mul(weight, state)) : z
    }
    const [zi = x, zo = x, zf = x, zg = x] = cut(whole, 4, 1)
    const next = add(mul(f(look(2, c, zf)), c), mul(f(look(0, c, zi)), g(zg)))
    return [mul(f(look(1, next, zo)), out(next)), next]
  }
}
