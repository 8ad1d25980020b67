import type { Value } from '../../graph/value.ts'
import { scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { mul } from '../../ops/math/mul.ts'
import { pow } from '../../ops/math/pow.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { bias, blend, uniform } from './make.ts'
import { need, type Optimizer, slotAt } from './optimizer.ts'
import { adamConfig, type OptimizerOptions, settingsOf } from './settings.ts'

export interface NadamOptions extends OptimizerOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
}

/**
 * Adam with Nesterov's momentum: Dozat, "Incorporating Nesterov Momentum into Adam", 2015. With the momentum schedule
 * uₜ = β₁(1 − 0.96ᵗ/2) and its product Uₜ = u₁…uₜ, a state that all weights share:
 * w ← w − rate · (uₜ₊₁·m / (1 − Uₜ₊₁) + (1 − uₜ)·g / (1 − Uₜ)) / (√(v / (1−β₂ᵗ)) + ε).
 */
export function nadam(options: NadamOptions = {}): Optimizer {
  const config = adamConfig('nadam', options)
  const { beta1, beta2, epsilon } = config
  const momentum = (t: Value): Value => mul(scalar(beta1), sub(scalar(1), mul(scalar(0.5), pow(scalar(0.96), t))))
  const rule = {
    slots: [{ name: 'm' }, { name: 'v' }],
    coefficients(rate: Value, step: Value, [product]: readonly Value[]) {
      if (!product) throw new Error("nadam needs its momentums' product")
      const now = momentum(add(step, scalar(1)))
      const next = momentum(add(step, scalar(2)))
      return {
        rate,
        ofM: div(next, sub(scalar(1), mul(product, next))),
        ofG: div(sub(scalar(1), now), sub(scalar(1), product)),
        bias: bias(beta2, step),
      }
    },
    update(weight: Value, g: Value, slots: readonly Value[], coefficients: Readonly<Record<string, Value>>) {
      const of = (name: string) => need(coefficients, name)
      const m = blend(slotAt(slots, 0), g, beta1)
      const v = blend(slotAt(slots, 1), mul(g, g), beta2)
      const ahead = add(mul(m, of('ofM')), mul(g, of('ofG')))
      const change = div(mul(ahead, of('rate')), add(sqrt(div(v, of('bias'))), scalar(epsilon)))
      return { weight: sub(weight, change), slots: [m, v] }
    },
  }
  return uniform('nadam', settingsOf('nadam', options, 0.001), config, rule, {
    shared: {
      slots: [{ name: 'momentums', initial: 1 }],
      advance: ([product], step) => (product ? [mul(product, momentum(add(step, scalar(1))))] : []),
    },
  })
}
