import type { Value } from '../../graph/value.ts'
import { scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { max } from '../../ops/math/max.ts'
import { mul } from '../../ops/math/mul.ts'
import { pow } from '../../ops/math/pow.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { common, decayCoefficient, decayed, need, type Optimizer, type OptimizerOptions } from './optimizer.ts'

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
export const adam = (options: AdamOptions = {}): Optimizer => adamLike('adam', options, options.weightDecay)

/** Loshchilov & Hutter, "Decoupled Weight Decay Regularization", 2017. Keras's default decay, 0.004. */
export const adamW = (options: AdamOptions = {}): Optimizer => adamLike('adamW', options, options.weightDecay ?? 0.004)

function adamLike(name: string, options: AdamOptions, weightDecay: number | undefined): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, amsgrad = false } = options
  const shared = common(options, 0.001)
  const bias = (beta: number, t: Value) => sub(scalar(1), pow(scalar(beta), t))
  return {
    name,
    ...shared,
    config: { ...shared, beta1, beta2, epsilon, amsgrad, weightDecay },
    slots: amsgrad ? ['m', 'v', 'vMax'] : ['m', 'v'],
    coefficients(rate, step) {
      const t = add(step, scalar(1))
      return { alpha: div(mul(rate, sqrt(bias(beta2, t))), bias(beta1, t)), ...decayCoefficient(weightDecay, rate) }
    },
    update(weight, g, [m, v, vMax], coefficients) {
      if (!m || !v) throw new Error('adam needs its slots')
      const m1 = add(mul(m, scalar(beta1)), mul(g, scalar(1 - beta1)))
      const v1 = add(mul(v, scalar(beta2)), mul(mul(g, g), scalar(1 - beta2)))
      const vMax1 = vMax && max([vMax, v1])
      const change = div(mul(m1, need(coefficients, 'alpha')), add(sqrt(vMax1 ?? v1), scalar(epsilon)))
      return { weight: sub(decayed(weight, coefficients), change), slots: [m1, v1, ...(vMax1 ? [vMax1] : [])] }
    },
  }
}
