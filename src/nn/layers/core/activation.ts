import { type Activation, resolveActivation } from '../../activations.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'

/** Applies an activation function. */
export function activation(options: { readonly activation: Activation; readonly name?: string }): Layer {
  const apply = resolveActivation(options.activation, 'activation')
  return makeLayer({
    type: 'Activation',
    name: options.name,
    config: { activation: options.activation },
    masking: 'pass',
    call: ([x]) => apply(x),
  })
}
