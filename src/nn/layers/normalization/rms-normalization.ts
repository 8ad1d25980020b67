import { ints, scalarLike } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { div } from '../../../ops/math/div.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sqrt } from '../../../ops/math/sqrt.ts'
import { rmsNormalization as normalize } from '../../../ops/nn/rms-normalization.ts'
import { reduceMean } from '../../../ops/reduce/reduce-mean.ts'
import { ones } from '../../initializers.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { notNegative } from '../../serialized.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { type CommonOptions, common } from '../options.ts'
import { type AxisOption, areTrailing, axesOf, axisOption, sizesAlong, spread } from './affine.ts'

export interface RmsNormalizationOptions extends CommonOptions {
  /** The axis or axes over which each sample is normalised; `scale` has their sizes. Default −1. */
  readonly axis?: AxisOption
  /** Added to the mean square. Default 1e-6. */
  readonly epsilon?: number
}

/**
 * Zhang & Sennrich, "Root Mean Square Layer Normalization", 2019: x / √(mean(x²) + ε) · scale. Axes need not be the last ones,
 * as Keras would have them.
 */
export function rmsNormalization(options: RmsNormalizationOptions = {}): Layer<SameShape> {
  const where = 'rmsNormalization'
  const config = {
    axis: axisOption(where, options.axis ?? -1),
    epsilon: notNegative(where, 'epsilon', options.epsilon ?? 1e-6),
  }
  return makeLayer({
    type: 'RMSNormalization',
    ...common(where, options),
    config,
    call([x], scope) {
      const axes = axesOf(where, config.axis, x)
      const scale = scope.weight('scale', { shape: sizesAlong(where, x, axes), initializer: ones() })
      if (areTrailing(axes, x.shape.length)) return normalize(x, scale, { axis: -axes.length, epsilon: config.epsilon })
      const square = reduceMean(mul(x, x), ints(axes))
      return mul(div(x, sqrt(add(square, scalarLike(config.epsilon, x)))), spread(scale, x, axes))
    },
  })
}
