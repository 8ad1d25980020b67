import { ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import { constant } from '../../../ops/constants.ts'
import { layerNormalization as normalize } from '../../../ops/nn/layer-normalization.ts'
import { ones, zeros } from '../../initializers.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'

export interface LayerNormalizationOptions {
  /** Added to the variance. Default 1e-3. */
  readonly epsilon?: number
  /** Add a learned offset. */
  readonly center?: boolean
  /** Multiply by a learned factor. */
  readonly scale?: boolean
  readonly name?: string
}

/** Ba, Kiros & Hinton, "Layer Normalization", 2016, over the last axis: (x − mean) / √(variance + ε) · gamma + beta. */
export function layerNormalization(options: LayerNormalizationOptions = {}): Layer {
  const config = { epsilon: options.epsilon ?? 1e-3, center: options.center ?? true, scale: options.scale ?? true }
  return makeLayer({
    type: 'LayerNormalization',
    name: options.name,
    config,
    masking: 'pass',
    call([x], scope) {
      const size = x.shape.at(-1)
      if (typeof size !== 'number') {
        throw new ShapeError({
          where: 'layerNormalization',
          expected: 'an input whose last axis has a known size',
          received: `shape ${formatShape(x.shape)}`,
        })
      }
      const gamma = config.scale
        ? scope.weight('gamma', { shape: [size], initializer: ones() })
        : constant(new Array<number>(size).fill(1))
      const beta = config.center ? scope.weight('beta', { shape: [size], initializer: zeros() }) : undefined
      return normalize(x, gamma, beta, { epsilon: config.epsilon }).y
    },
  })
}
