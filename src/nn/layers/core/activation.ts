import { type Activation, resolveActivation } from '../../activations.ts'
import type { Layer } from '../../layer.ts'

/** Applies an activation function. */
export function activation(options: {
  readonly activation: Activation
  readonly name?: string
}): Layer<{ readonly activation: Activation }> {
  const apply = resolveActivation(options.activation, 'activation')
  return { type: 'Activation', name: options.name, config: { activation: options.activation }, call: x => apply(x) }
}
