import { scalar } from '../../ops/constants.ts'
import { abs } from '../../ops/math/abs.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { max } from '../../ops/math/max.ts'
import { mul } from '../../ops/math/mul.ts'
import { sub } from '../../ops/math/sub.ts'
import { bias, blend, uniform } from './make.ts'
import { need, type Optimizer, slotAt } from './optimizer.ts'
import { adamConfig, type OptimizerOptions, settingsOf } from './settings.ts'

export interface AdamaxOptions extends OptimizerOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
}

/**
 * Adam with the infinity norm, section 7.1 of Kingma & Ba, "Adam: A Method for Stochastic Optimization", 2014:
 * m ← β₁m + (1−β₁)g, u ← max(β₂u, |g|), w ← w − rate / (1−β₁ᵗ) · m / (u + ε).
 */
export function adamax(options: AdamaxOptions = {}): Optimizer {
  const config = adamConfig('adamax', options)
  const { beta1, beta2, epsilon } = config
  return uniform('adamax', settingsOf('adamax', options, 0.001), config, {
    slots: [{ name: 'm' }, { name: 'u' }],
    coefficients: (rate, step) => ({ alpha: div(rate, bias(beta1, step)) }),
    update(weight, g, slots, coefficients) {
      const m = blend(slotAt(slots, 0), g, beta1)
      const u = max([mul(slotAt(slots, 1), scalar(beta2)), abs(g)])
      return {
        weight: sub(weight, div(mul(m, need(coefficients, 'alpha')), add(u, scalar(epsilon)))),
        slots: [m, u],
      }
    },
  })
}
