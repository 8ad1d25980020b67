import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { l1L2 } from '../../regularizers.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { activityPenalty, type CommonOptions, common } from '../options.ts'

export interface ActivityRegularizationOptions extends CommonOptions {
  /** Factor of Σ|x|. Default 0. */
  readonly l1?: number
  /** Factor of Σx². Default 0. */
  readonly l2?: number
}

/** Hands its input on, and adds l1 · Σ|x| + l2 · Σx², divided by the batch size, to the loss. */
export function activityRegularization(options: ActivityRegularizationOptions = {}): Layer<SameShape> {
  const where = 'activityRegularization'
  const config = { l1: options.l1 ?? 0, l2: options.l2 ?? 0 }
  const penalized = activityPenalty(where, l1L2(config))
  return makeLayer({
    type: 'ActivityRegularization',
    ...common(where, options),
    config,
    masking: 'pass',
    call: ([x], scope) => penalized(scope, x),
  })
}
