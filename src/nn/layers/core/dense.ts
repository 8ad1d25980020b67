import { ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import { add } from '../../../ops/math/add.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'
import { type Activation, resolveActivation } from '../../activations.ts'
import { type Initializer, type InitializerName, resolveInitializer } from '../../initializers.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { positiveInt } from '../arguments.ts'

export interface DenseOptions {
  /** Size of the output's last axis. */
  readonly units: number
  readonly activation?: Activation
  readonly useBias?: boolean
  readonly kernelInitializer?: InitializerName | Initializer
  readonly biasInitializer?: InitializerName | Initializer
  readonly name?: string
}

/**
 * Fully connected: y = activation(x · kernel + bias) along the last axis.
 * Input [batch, …, in], kernel [in, units], bias [units], output [batch, …, units].
 */
export function dense(options: DenseOptions): Layer {
  const config = {
    units: positiveInt('dense', 'units', options.units),
    activation: options.activation ?? 'linear',
    useBias: options.useBias ?? true,
    kernelInitializer: options.kernelInitializer ?? 'glorotUniform',
    biasInitializer: options.biasInitializer ?? 'zeros',
  }
  const activation = resolveActivation(config.activation, 'dense')
  const kernelInitializer = resolveInitializer(config.kernelInitializer, 'dense')
  const biasInitializer = resolveInitializer(config.biasInitializer, 'dense')
  return makeLayer({
    type: 'Dense',
    name: options.name,
    config,
    masking: 'pass',
    call([x], scope) {
      const inputs = x.shape.at(-1)
      if (x.shape.length < 2 || typeof inputs !== 'number') {
        throw new ShapeError({
          where: 'dense',
          expected: 'an input of rank 2 or more whose last axis has a known size',
          received: `shape ${formatShape(x.shape)}`,
        })
      }
      const kernel = scope.weight('kernel', { shape: [inputs, config.units], initializer: kernelInitializer })
      const product = matMul(x, kernel)
      if (!config.useBias) return activation(product)
      return activation(add(product, scope.weight('bias', { shape: [config.units], initializer: biasInitializer })))
    },
  })
}
