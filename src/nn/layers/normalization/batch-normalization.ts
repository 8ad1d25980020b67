import { ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import { constant } from '../../../ops/constants.ts'
import { batchNormalization as normalize } from '../../../ops/nn/batch-normalization.ts'
import { ones, zeros } from '../../initializers.ts'
import type { Layer } from '../../layer.ts'
import { channelsFirst, channelsLast } from '../../layout.ts'
import { makeLayer } from '../../make-layer.ts'
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
export function batchNormalization(options: BatchNormalizationOptions = {}): Layer {
  const config = {
    momentum: fraction('batchNormalization', 'momentum', options.momentum ?? 0.99),
    epsilon: options.epsilon ?? 1e-3,
    center: options.center ?? true,
    scale: options.scale ?? true,
  }
  return makeLayer({
    type: 'BatchNormalization',
    name: options.name,
    config,
    masking: 'pass',
    call([input], scope) {
      const channels = input.shape.at(-1)
      if (typeof channels !== 'number' || input.shape.length < 2) {
        throw new ShapeError({
          where: 'batchNormalization',
          expected: 'an input whose last axis has a known size',
          received: `shape ${formatShape(input.shape)}`,
        })
      }
      // A frozen layer keeps its statistics, and works with them, as in Keras.
      const training = scope.training && scope.trainable
      const shape = [channels]
      const gamma = config.scale ? scope.weight('gamma', { shape, initializer: ones() }) : undefined
      const beta = config.center ? scope.weight('beta', { shape, initializer: zeros() }) : undefined
      const movingMean = scope.weight('moving_mean', { shape, initializer: zeros(), trainable: false })
      const movingVariance = scope.weight('moving_variance', { shape, initializer: ones(), trainable: false })

      // Images are normalised in the layout that convolutions leave them in.
      const spatial = input.shape.length > 2
      const x = spatial ? channelsFirst(input) : input
      const normal = normalize(
        x,
        gamma ?? filled(1, channels),
        beta ?? filled(0, channels),
        movingMean,
        movingVariance,
        {
          epsilon: config.epsilon,
          momentum: config.momentum,
          training_mode: training ? 1 : 0,
        },
      )
      if (training) {
        scope.update('moving_mean', normal.running_mean)
        scope.update('moving_variance', normal.running_var)
      }
      return spatial ? channelsLast(normal.y) : normal.y
    },
  })
}

const filled = (value: number, channels: number) => constant(new Array<number>(channels).fill(value))
