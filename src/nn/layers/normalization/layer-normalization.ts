import { sizeOf } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalarLike } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { div } from '../../../ops/math/div.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sqrt } from '../../../ops/math/sqrt.ts'
import { sub } from '../../../ops/math/sub.ts'
import { layerNormalization as normalize } from '../../../ops/nn/layer-normalization.ts'
import { normalized } from '../../../ops/nn/normalized.ts'
import { reduceMean } from '../../../ops/reduce/reduce-mean.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { notNegative } from '../../serialized.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { common } from '../options.ts'
import {
  type AffineOptions,
  type AxisOption,
  affineConfig,
  affineRules,
  areTrailing,
  axesOf,
  axisOption,
  sizesAlong,
  spread,
} from './affine.ts'

export interface LayerNormalizationOptions extends AffineOptions {
  /** The axis or axes over which each sample is normalised; gamma and beta have their sizes. Default −1. */
  readonly axis?: AxisOption
  /** Added to the variance. Default 1e-3. */
  readonly epsilon?: number
  /** Keras's deprecated form: x / √(variance + ε) · gamma, the mean left in. Use `rmsNormalization` for the root mean square. */
  readonly rmsScaling?: boolean
}

/** Ba, Kiros & Hinton, "Layer Normalization", 2016: (x − mean) / √(variance + ε) · gamma + beta, over `axis` of each sample. */
export function layerNormalization(options: LayerNormalizationOptions = {}): Layer<SameShape> {
  const where = 'layerNormalization'
  const config = {
    axis: axisOption(where, options.axis ?? -1),
    epsilon: notNegative(where, 'epsilon', options.epsilon ?? 1e-3),
    rmsScaling: options.rmsScaling ?? false,
    ...affineConfig(options),
  }
  const rules = affineRules(where, config)
  return makeLayer({
    type: 'LayerNormalization',
    ...common(where, options),
    config,
    masking: 'pass',
    call([x], scope) {
      const axes = axesOf(where, config.axis, x)
      const shape = sizesAlong(where, x, axes)
      const gamma = config.scale || config.rmsScaling ? scope.weight('gamma', { shape, ...rules.gamma }) : undefined
      const beta = config.center && !config.rmsScaling ? scope.weight('beta', { shape, ...rules.beta }) : undefined
      if (config.rmsScaling) return times(byVariance(x, axes, config.epsilon), gamma, x, axes)
      if (areTrailing(axes, x.shape.length)) {
        const factor = gamma ?? constant(new Array<number>(sizeOf(shape)).fill(1), shape)
        return normalize(x, factor, beta, { axis: -axes.length, epsilon: config.epsilon }).y
      }
      const scaled = times(normalized(x, axes, config.epsilon).normal, gamma, x, axes)
      return beta ? add(scaled, spread(beta, x, axes)) : scaled
    },
  })
}

const times = (y: Value, gamma: Value | undefined, x: Value, axes: readonly number[]): Value =>
  gamma ? mul(y, spread(gamma, x, axes)) : y

function byVariance(x: Value, axes: readonly number[], epsilon: number): Value {
  const centred = sub(x, reduceMean(x, ints(axes)))
  return div(x, sqrt(add(reduceMean(mul(centred, centred), ints(axes)), scalarLike(epsilon, x))))
}
