import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape, normalizeAxis } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant } from '../../../ops/constants.ts'
import { neg } from '../../../ops/math/neg.ts'
import { batchNormalization as normalize } from '../../../ops/nn/batch-normalization.ts'
import type { Initializer } from '../../initializers.ts'
import type { Layer, LayerScope } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { notNegative } from '../../serialized.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { fraction } from '../arguments.ts'
import { common, type InitializerOption, weightRules } from '../options.ts'
import { type AffineOptions, affineConfig, affineRules, sizesAlong } from './affine.ts'
import { applied, blended, moments, type RenormClipping, renormalized } from './batch-moments.ts'
import { withChannelsSecond } from './group-normalization.ts'

export interface BatchNormalizationOptions extends AffineOptions {
  /** The axis that keeps its own statistics, usually that of channels. Default −1. */
  readonly axis?: number
  /** How much of the moving statistics is kept in each step. Default 0.99. */
  readonly momentum?: number
  /** Added to the variance. Default 1e-3. */
  readonly epsilon?: number
  /** Default zeros. */
  readonly movingMeanInitializer?: InitializerOption
  /** Default ones. */
  readonly movingVarianceInitializer?: InitializerOption
  /**
   * Batch renormalisation (Ioffe, 2017): in training, too, activations are as the moving statistics would have them, up to
   * bounds; batches may then be small. Default false.
   */
  readonly renorm?: boolean
  /** Bounds of the corrections: rmin and rmax of the ratio of deviations, dmax of the difference of means. */
  readonly renormClipping?: RenormClipping | null
  /** How much of the statistics of renormalisation is kept in each step. Default 0.99. */
  readonly renormMomentum?: number
}

/**
 * Ioffe & Szegedy, "Batch Normalization", 2015: (x − mean) / √(variance + ε) · gamma + beta. In training mean and (biased) variance
 * are the batch's, of the steps that a mask leaves, and feed the moving statistics; otherwise the moving ones are used.
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): Layer<SameShape> {
  const where = 'batchNormalization'
  const config = {
    axis: options.axis ?? -1,
    momentum: share(where, 'momentum', options.momentum ?? 0.99),
    epsilon: notNegative(where, 'epsilon', options.epsilon ?? 1e-3),
    ...affineConfig(options),
    movingMeanInitializer: options.movingMeanInitializer ?? 'zeros',
    movingVarianceInitializer: options.movingVarianceInitializer ?? 'ones',
    renorm: options.renorm ?? false,
    renormClipping: checkedClipping(where, options.renormClipping ?? null),
    renormMomentum: share(where, 'renormMomentum', options.renormMomentum ?? 0.99),
  }
  const rules = affineRules(where, config)
  const meanRules = weightRules(where, config.movingMeanInitializer)
  const varianceRules = weightRules(where, config.movingVarianceInitializer)
  const deviationRules = { initializer: rootsOf(varianceRules.initializer) }

  const weightsOf = (scope: LayerScope, channels: number) => {
    const shape = [channels]
    const own = (name: string, rest: { readonly initializer: Initializer }) =>
      scope.weight(name, { shape, ...rest, trainable: false })
    return {
      gamma: config.scale ? scope.weight('gamma', { shape, ...rules.gamma }) : undefined,
      beta: config.center ? scope.weight('beta', { shape, ...rules.beta }) : undefined,
      mean: own('moving_mean', meanRules),
      variance: own('moving_variance', varianceRules),
      ...(config.renorm
        ? {
            renorm: {
              movingDeviation: own('moving_stddev', deviationRules),
              mean: own('renorm_mean', meanRules),
              deviation: own('renorm_stddev', deviationRules),
            },
          }
        : {}),
    }
  }

  return makeLayer({
    type: 'BatchNormalization',
    ...common(where, options),
    config,
    masking: 'pass',
    call([x], scope) {
      if (x.shape.length < 2) {
        throw new ShapeError({
          where,
          expected: 'an input of rank 2 or more',
          received: `shape ${formatShape(x.shape)}`,
        })
      }
      const axis = normalizeAxis(config.axis, x.shape.length, where)
      if (axis === 0) throw new ArgumentError({ where, expected: "'axis' not to be the batch axis", received: '0' })
      const [channels = 1] = sizesAlong(where, x, [axis])
      const { gamma, beta, mean, variance, renorm } = weightsOf(scope, channels)
      // A frozen layer keeps its statistics, and works with them, as in Keras.
      const training = scope.training && scope.trainable
      const [mask] = scope.masks
      if (!training || (!renorm && !mask)) {
        return withEngine(x, axis, gamma ?? filled(1, channels), beta ?? filled(0, channels))
      }
      const found = moments(x, axis, mask)
      if (!renorm) {
        scope.update('moving_mean', blended(mean, found.mean, config.momentum))
        scope.update('moving_variance', blended(variance, found.variance, config.momentum))
        return applied(x, axis, found, gamma, beta, config.epsilon)
      }
      const settings = { ...config, clipping: config.renormClipping ?? {} }
      const corrected = renormalized(found, settings, { movingMean: mean, ...renorm }, gamma, beta)
      for (const [name, value] of Object.entries(corrected.updates)) scope.update(name, value)
      return applied(x, axis, found, corrected.gamma, corrected.beta, config.epsilon)

      /** The engine's own operator, in the layout that convolutions leave images in. */
      function withEngine(x: Value, axis: number, factor: Value, offset: Value): Value {
        const run = (y: Value) => {
          const settings = { epsilon: config.epsilon, momentum: 0, training_mode: training ? 1 : 0 }
          if (!training) return normalize(y, factor, offset, mean, variance, settings).y
          // Without momentum the operator gives the batch's own statistics, which its gradient then need not compute again: 2 % of
          // a small ResNet's step. Given are copies, since the engine's kernel may write its statistics over them.
          const result = normalize(y, factor, offset, neg(mean), neg(variance), settings)
          scope.update('moving_mean', blended(mean, result.running_mean, config.momentum))
          scope.update('moving_variance', blended(variance, result.running_var, config.momentum))
          return result.y
        }
        return x.shape.length === 2 ? run(x) : withChannelsSecond(x, axis, run)
      }
    },
  })
}

const filled = (value: number, channels: number) => constant(new Array<number>(channels).fill(value))

function share(where: string, name: string, value: number): number {
  return value === 1 ? value : fraction(where, name, value)
}

function checkedClipping(where: string, clipping: RenormClipping | null): RenormClipping | null {
  const { rmin = 0, rmax = Number.POSITIVE_INFINITY, dmax = 0, ...others } = clipping ?? {}
  if (Object.keys(others).length === 0 && rmin <= rmax && dmax >= 0) return clipping
  throw new ArgumentError({
    where,
    expected: "'renormClipping' to hold rmin, rmax ≥ rmin, and dmax ≥ 0",
    received: JSON.stringify(clipping),
  })
}

/** Standard deviations that begin as the square roots of the variances. */
const rootsOf = (variances: Initializer): Initializer => ({
  ...variances,
  init(shape, rng) {
    const { data } = variances.init(shape, rng)
    return { dtype: 'float32', shape, data: data.map(Math.sqrt) }
  },
})
