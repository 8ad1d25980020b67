import { ArgumentError } from '../core/errors.ts'
import type { Value } from '../graph/value.ts'
import { sigmoid } from '../ops/math/sigmoid.ts'
import { tanh } from '../ops/math/tanh.ts'
import { relu } from '../ops/nn/relu.ts'
import { softmax } from '../ops/nn/softmax.ts'

/** Activations by Keras's names. Those that look at one axis take the last one. */
const byName = {
  linear: (x: Value) => x,
  relu: (x: Value) => relu(x),
  sigmoid: (x: Value) => sigmoid(x),
  tanh: (x: Value) => tanh(x),
  softmax: (x: Value) => softmax(x, { axis: -1 }),
} satisfies Readonly<Record<string, (x: Value) => Value>>

export type ActivationName = keyof typeof byName
export type Activation = ActivationName | ((x: Value) => Value)

/** Activations that work element by element, and so commute with a change of layout. */
export const isElementwise = (activation: Activation): boolean =>
  typeof activation === 'string' && activation !== 'softmax'

export function resolveActivation(given: Activation, where: string): (x: Value) => Value {
  if (typeof given === 'function') return given
  const found = byName[given]
  if (found) return found
  throw new ArgumentError({
    where,
    expected: `an activation among ${Object.keys(byName).join(', ')}`,
    received: `'${String(given)}'`,
  })
}
