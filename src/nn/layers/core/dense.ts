import { ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import { add } from '../../../ops/math/add.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'
import { type Activation, resolveActivation } from '../../activations.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { LastAxis } from '../../shapes/functions.ts'
import { positiveInt } from '../arguments.ts'
import { adapted, type LoraOptions, loraOf } from '../lora.ts'
import {
  activityPenalty,
  type CommonOptions,
  type ConstraintOption,
  common,
  type InitializerOption,
  type RegularizerOption,
  weightRules,
} from '../options.ts'

export interface DenseOptions extends CommonOptions, LoraOptions {
  /** Size of the output's last axis. */
  readonly units: number
  readonly activation?: Activation
  readonly useBias?: boolean
  readonly kernelInitializer?: InitializerOption
  readonly biasInitializer?: InitializerOption
  readonly kernelRegularizer?: RegularizerOption
  readonly biasRegularizer?: RegularizerOption
  readonly activityRegularizer?: RegularizerOption
  readonly kernelConstraint?: ConstraintOption
  readonly biasConstraint?: ConstraintOption
}

/**
 * Fully connected: y = activation(x · kernel + bias) along the last axis.
 * Input [batch, …, in], kernel [in, units], bias [units], output [batch, …, units].
 */
export function dense<const U extends number>(
  options: DenseOptions & { readonly units: U },
): Layer<LastAxis<U, 'dense'>> {
  const config = {
    units: positiveInt('dense', 'units', options.units),
    activation: options.activation ?? 'linear',
    useBias: options.useBias ?? true,
    kernelInitializer: options.kernelInitializer ?? 'glorotUniform',
    biasInitializer: options.biasInitializer ?? 'zeros',
    kernelRegularizer: options.kernelRegularizer ?? null,
    biasRegularizer: options.biasRegularizer ?? null,
    activityRegularizer: options.activityRegularizer ?? null,
    kernelConstraint: options.kernelConstraint ?? null,
    biasConstraint: options.biasConstraint ?? null,
    loraRank: options.loraRank ?? null,
    loraAlpha: options.loraAlpha ?? null,
  }
  const activation = resolveActivation(config.activation, 'dense')
  const rules = weightRules('dense', config.kernelInitializer, config.kernelRegularizer, config.kernelConstraint)
  const biasRules = weightRules('dense', config.biasInitializer, config.biasRegularizer, config.biasConstraint)
  const penalized = activityPenalty('dense', config.activityRegularizer)
  const lora = loraOf('dense', config, rules)
  return makeLayer({
    type: 'Dense',
    ...common('dense', options),
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
      const shape = [inputs, config.units]
      const kernel = scope.weight('kernel', { shape, ...rules, trainable: !lora })
      const bias = config.useBias ? scope.weight('bias', { shape: [config.units], ...biasRules }) : undefined
      const product = matMul(x, adapted(scope, 'kernel', kernel, shape, lora, rules))
      return penalized(scope, activation(bias ? add(product, bias) : product))
    },
  })
}
