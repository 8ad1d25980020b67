import { ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { div } from '../../../ops/math/div.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sqrt } from '../../../ops/math/sqrt.ts'
import { sub } from '../../../ops/math/sub.ts'
import { reduceMean } from '../../../ops/reduce/reduce-mean.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { ones, zeros } from '../../initializers.ts'
import type { Layer } from '../../layer.ts'
import { channelsFirst, channelsLast } from '../../layout.ts'
import { fraction } from '../arguments.ts'

export interface BatchNormalizationOptions {
  /** How much of the moving statistics is kept in each step. Default 0.99. */
  readonly momentum?: number
  /** Added to the variance. Default 1e-3. */
  readonly epsilon?: number
  /** Add a learned offset. */
  readonly center?: boolean
  /** Multiply by a learned factor. */
  readonly scale?: boolean
  readonly name?: string
}

/**
 * Ioffe & Szegedy, "Batch Normalization", 2015, over the last axis: (x − mean) / √(variance + ε) · gamma + beta. In training mean and
 * (biased) variance are the batch's and feed the moving statistics; otherwise the moving ones are used.
 */
export function batchNormalization(
  options: BatchNormalizationOptions = {},
): Layer<Required<Omit<BatchNormalizationOptions, 'name'>>> {
  const config = {
    momentum: fraction('batchNormalization', 'momentum', options.momentum ?? 0.99),
    epsilon: options.epsilon ?? 1e-3,
    center: options.center ?? true,
    scale: options.scale ?? true,
  }
  return {
    type: 'BatchNormalization',
    name: options.name,
    config,
    call(input, scope) {
      const channels = input.shape.at(-1)
      if (typeof channels !== 'number' || input.shape.length < 2) {
        throw new ShapeError({
          where: 'batchNormalization',
          expected: 'an input whose last axis has a known size',
          received: `shape ${formatShape(input.shape)}`,
        })
      }
      const shape = [channels]
      const gamma = config.scale ? scope.weight('gamma', { shape, initializer: ones() }) : undefined
      const beta = config.center ? scope.weight('beta', { shape, initializer: zeros() }) : undefined
      const movingMean = scope.weight('moving_mean', { shape, initializer: zeros(), trainable: false })
      const movingVariance = scope.weight('moving_variance', { shape, initializer: ones(), trainable: false })

      // Images are normalised in the layout that convolutions leave them in.
      const spatial = input.shape.length > 2
      const x = spatial ? channelsFirst(input) : input
      const wide = (perChannel: Value) =>
        spatial ? reshape(perChannel, ints([1, channels, ...input.shape.slice(2).map(() => 1)])) : perChannel
      const axes = ints(x.shape.map((_, i) => i).filter(axis => axis !== (spatial ? 1 : x.shape.length - 1)))
      const narrow = (statistic: Value) => reshape(statistic, ints(shape))

      let mean = wide(movingMean)
      let variance = wide(movingVariance)
      if (scope.training) {
        mean = reduceMean(x, axes)
        const centred = sub(x, mean)
        variance = reduceMean(mul(centred, centred), axes)
        const blend = (old: Value, now: Value) =>
          add(mul(old, scalarLike(config.momentum, old)), mul(narrow(now), scalarLike(1 - config.momentum, old)))
        scope.update('moving_mean', blend(movingMean, mean))
        scope.update('moving_variance', blend(movingVariance, variance))
      }
      const deviation = sqrt(add(variance, scalarLike(config.epsilon, variance)))
      const factor = gamma ? div(wide(gamma), deviation) : div(scalarLike(1, deviation), deviation)
      const normal = mul(sub(x, mean), factor)
      const y = beta ? add(normal, wide(beta)) : normal
      return spatial ? channelsLast(y) : y
    },
  }
}
