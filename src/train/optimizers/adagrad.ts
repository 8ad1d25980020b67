import { notNegative } from '../../nn/serialized.ts'
import { scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { mul } from '../../ops/math/mul.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { uniform } from './make.ts'
import { need, type Optimizer, slotAt } from './optimizer.ts'
import { type OptimizerOptions, settingsOf } from './settings.ts'

export interface AdagradOptions extends OptimizerOptions {
  /** What sums of squares start from. Default 0.1. */
  readonly initialAccumulatorValue?: number
  readonly epsilon?: number
}

/**
 * Duchi, Hazan & Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", 2011:
 * a ← a + g², w ← w − rate·g / √(a + ε).
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const initial = notNegative('adagrad', 'initialAccumulatorValue', options.initialAccumulatorValue ?? 0.1)
  const epsilon = notNegative('adagrad', 'epsilon', options.epsilon ?? 1e-7)
  const own = { initialAccumulatorValue: initial, epsilon }
  return uniform('adagrad', settingsOf('adagrad', options, 0.001), own, {
    slots: [{ name: 'accumulator', initial }],
    coefficients: rate => ({ rate }),
    update(weight, g, slots, coefficients) {
      const sum = add(slotAt(slots, 0), mul(g, g))
      const change = div(mul(g, need(coefficients, 'rate')), sqrt(add(sum, scalar(epsilon))))
      return { weight: sub(weight, change), slots: [sum] }
    },
  })
}
