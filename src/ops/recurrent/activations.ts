import { NotDifferentiableError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { sigmoid } from '../math/sigmoid.ts'
import { tanh } from '../math/tanh.ts'
import { elu } from '../nn/elu.ts'
import { hardSigmoid } from '../nn/hard-sigmoid.ts'
import { leakyRelu } from '../nn/leaky-relu.ts'
import { relu } from '../nn/relu.ts'
import { softplus } from '../nn/softplus.ts'
import { softsign } from '../nn/softsign.ts'

export type Activation = (x: Value) => Value

/** Those that need no parameters, or have defaults for them. Their names are not case-sensitive. */
const known: Readonly<Record<string, Activation>> = {
  tanh: x => tanh(x),
  sigmoid: x => sigmoid(x),
  relu: x => relu(x),
  softsign: x => softsign(x),
  softplus: x => softplus(x),
  hardsigmoid: x => hardSigmoid(x),
  elu: x => elu(x),
  leakyrelu: x => leakyRelu(x),
}

export interface ActivationAttributes {
  readonly activations: readonly string[] | undefined
  readonly activation_alpha: readonly number[] | undefined
  readonly activation_beta: readonly number[] | undefined
}

/** The activations of one direction. `defaults`: what the operator has for each of them. */
export function activationsOf(
  where: string,
  attributes: ActivationAttributes,
  direction: number,
  defaults: readonly string[],
): readonly Activation[] {
  if (attributes.activation_alpha?.length || attributes.activation_beta?.length)
    throw refusal(where, 'activations with parameters of their own')
  const count = defaults.length
  const names = attributes.activations?.slice(direction * count, (direction + 1) * count) ?? defaults
  return names.map(name => known[name.toLowerCase()] ?? unknown(where, name))
}

const unknown = (where: string, name: string): never => {
  throw refusal(where, `the activation ${name}`)
}

export const refusal = (where: string, received: string) =>
  new NotDifferentiableError({
    where: `gradient of ${where}`,
    expected: `activations among ${Object.keys(known).join(', ')} without parameters, no clip, no coupled gates`,
    received,
    remedy: 'Build the cell as a Scan.',
  })
