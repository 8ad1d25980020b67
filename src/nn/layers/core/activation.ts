import { type Activation, isElementwise, resolveActivation } from '../../activations.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { activityPenalty, type CommonOptions, common, type RegularizerOption } from '../options.ts'
import { elementwiseInLayout } from '../spatial.ts'

export interface ActivationOptions extends CommonOptions {
  readonly activation: Activation
  readonly activityRegularizer?: RegularizerOption
}

/** Applies an activation function. */
export function activation(options: ActivationOptions): Layer<SameShape> {
  const config = { activation: options.activation, activityRegularizer: options.activityRegularizer ?? null }
  const apply = resolveActivation(config.activation, 'activation')
  const penalized = activityPenalty('activation', config.activityRegularizer)
  return makeLayer({
    type: 'Activation',
    ...common('activation', options),
    config,
    masking: 'pass',
    call: ([x], scope) => penalized(scope, isElementwise(config.activation) ? elementwiseInLayout(x, apply) : apply(x)),
  })
}
