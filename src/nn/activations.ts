import { ArgumentError } from '../core/errors.ts'
import type { Value } from '../graph/value.ts'
import { exp } from '../ops/math/exp.ts'
import { mul } from '../ops/math/mul.ts'
import { sigmoid } from '../ops/math/sigmoid.ts'
import { tanh } from '../ops/math/tanh.ts'
import { elu } from '../ops/nn/elu.ts'
import { gelu } from '../ops/nn/gelu.ts'
import { hardSigmoid } from '../ops/nn/hard-sigmoid.ts'
import { leakyRelu } from '../ops/nn/leaky-relu.ts'
import { logSoftmax } from '../ops/nn/log-softmax.ts'
import { mish } from '../ops/nn/mish.ts'
import { relu } from '../ops/nn/relu.ts'
import { selu } from '../ops/nn/selu.ts'
import { softmax } from '../ops/nn/softmax.ts'
import { softplus } from '../ops/nn/softplus.ts'
import { softsign } from '../ops/nn/softsign.ts'

/** Activations by Keras's names, with Keras's defaults. Those that look at one axis take the last one. */
const byName = {
  linear: (x: Value) => x,
  relu: (x: Value) => relu(x),
  sigmoid: (x: Value) => sigmoid(x),
  tanh: (x: Value) => tanh(x),
  elu: (x: Value) => elu(x),
  selu: (x: Value) => selu(x),
  gelu: (x: Value) => gelu(x),
  silu: (x: Value) => mul(x, sigmoid(x)),
  leakyRelu: (x: Value) => leakyRelu(x, { alpha: 0.2 }),
  softplus: (x: Value) => softplus(x),
  softsign: (x: Value) => softsign(x),
  mish: (x: Value) => mish(x),
  exponential: (x: Value) => exp(x),
  hardSigmoid: (x: Value) => hardSigmoid(x, { alpha: 1 / 6, beta: 0.5 }),
  softmax: (x: Value) => softmax(x, { axis: -1 }),
  logSoftmax: (x: Value) => logSoftmax(x, { axis: -1 }),
} satisfies Readonly<Record<string, (x: Value) => Value>>

export type ActivationName = keyof typeof byName
export type Activation = ActivationName | ((x: Value) => Value)

/** Activations that work element by element, and so commute with a change of layout. */
export const isElementwise = (activation: Activation): boolean =>
  typeof activation === 'string' && activation !== 'softmax' && activation !== 'logSoftmax'

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
