import { notNegative } from '../../nn/serialized.ts'
import { scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { min } from '../../ops/math/min.ts'
import { mul } from '../../ops/math/mul.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { bias, blend, uniform } from './make.ts'
import { need, type Optimizer, slotAt } from './optimizer.ts'
import { adamConfig, type OptimizerOptions, settingsOf } from './settings.ts'

export interface ScheduleFreeAdamWOptions extends OptimizerOptions {
  readonly beta1?: number
  readonly beta2?: number
  /** Default 1e−8. */
  readonly epsilon?: number
  /** The rate rises linearly over so many updates. Default 0. */
  readonly warmupSteps?: number
}

/**
 * Defazio et al., "The Road Less Scheduled", 2024: a fast sequence z ← z − rate·g / (√v̂ + ε), its mean x ← (1 − 1/t)x + z/t, and
 * weights between them, w = (1−β₁)z + β₁x. The old x is got back from the weights and z; from the new z, as Keras does, where the
 * paper has the old one. Keras's default rate is 0.0025.
 */
export function scheduleFreeAdamW(options: ScheduleFreeAdamWOptions = {}): Optimizer {
  const name = 'scheduleFreeAdamW'
  const warmupSteps = notNegative(name, 'warmupSteps', options.warmupSteps ?? 0)
  const config = { ...adamConfig(name, { ...options, epsilon: options.epsilon ?? 1e-8 }), warmupSteps }
  const { beta1, beta2, epsilon } = config
  return uniform(name, settingsOf(name, options, 0.0025), config, {
    slots: [{ name: 'z', initial: 'weight' }, { name: 'v' }],
    coefficients(rate, step) {
      const t = add(step, scalar(1))
      const warm = warmupSteps > 0 ? mul(rate, min([div(t, scalar(warmupSteps)), scalar(1)])) : rate
      const share = div(scalar(1), t)
      return { rate: warm, bias: bias(beta2, step), share, rest: sub(scalar(1), share) }
    },
    update(weight, g, slots, coefficients) {
      const of = (key: string) => need(coefficients, key)
      const z = slotAt(slots, 0)
      const v = blend(slotAt(slots, 1), mul(g, g), beta2)
      const root = add(sqrt(div(v, of('bias'))), scalar(epsilon))
      const z1 = sub(z, div(mul(g, of('rate')), root))
      const x = div(sub(weight, mul(z1, scalar(1 - beta1))), scalar(beta1))
      const x1 = add(mul(x, of('rest')), mul(z1, of('share')))
      return { weight: add(mul(z1, scalar(1 - beta1)), mul(x1, scalar(beta1))), slots: [z1, v] }
    },
  })
}
