import { scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { max } from '../../ops/math/max.ts'
import { mul } from '../../ops/math/mul.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { adamRate, blend, uniform } from './make.ts'
import { need, type Optimizer, type Rule, slotAt } from './optimizer.ts'
import { adamConfig, type OptimizerOptions, settingsOf } from './settings.ts'

export interface AdamOptions extends OptimizerOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
  /** Divide by the largest second moment so far (Reddi et al., "On the Convergence of Adam and Beyond", 2018). */
  readonly amsgrad?: boolean
}

/**
 * Kingma & Ba, "Adam: A Method for Stochastic Optimization", 2014, with ε outside of the bias correction, as in Keras:
 * m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − α·m / (√v + ε), α = rate·√(1−β₂ᵗ) / (1−β₁ᵗ).
 */
export const adam = (options: AdamOptions = {}): Optimizer => adamLike('adam', options)

/** Loshchilov & Hutter, "Decoupled Weight Decay Regularization", 2017. Keras's default decay, 0.004. */
export const adamW = (options: AdamOptions = {}): Optimizer =>
  adamLike('adamW', { ...options, weightDecay: options.weightDecay ?? 0.004 })

function adamLike(name: string, options: AdamOptions): Optimizer {
  const config = { ...adamConfig(name, options), amsgrad: options.amsgrad ?? false }
  return uniform(name, settingsOf(name, options, 0.001), config, adamRule(config))
}

export const adamRule = ({
  beta1,
  beta2,
  epsilon,
  amsgrad = false,
}: {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly amsgrad?: boolean
}): Rule => ({
  slots: [{ name: 'm' }, { name: 'v' }, ...(amsgrad ? [{ name: 'vMax' }] : [])],
  coefficients: (rate, step) => ({ alpha: adamRate(rate, step, beta1, beta2) }),
  update(weight, g, slots, coefficients) {
    const m = blend(slotAt(slots, 0), g, beta1)
    const v = blend(slotAt(slots, 1), mul(g, g), beta2)
    const vMax = amsgrad ? max([slotAt(slots, 2), v]) : undefined
    const change = div(mul(m, need(coefficients, 'alpha')), add(sqrt(vMax ?? v), scalar(epsilon)))
    return { weight: sub(weight, change), slots: [m, v, ...(vMax ? [vMax] : [])] }
  },
})
