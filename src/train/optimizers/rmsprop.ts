import { notNegative } from '../../nn/serialized.ts'
import { scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { mul } from '../../ops/math/mul.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { blend, uniform } from './make.ts'
import { need, type Optimizer, slotAt } from './optimizer.ts'
import { type OptimizerOptions, settingsOf, share } from './settings.ts'

export interface RmspropOptions extends OptimizerOptions {
  /** How much of the running mean of squares is kept. Default 0.9. */
  readonly rho?: number
  readonly momentum?: number
  readonly epsilon?: number
  /** Divide by the estimated variance instead of the mean square. */
  readonly centered?: boolean
}

/**
 * Tieleman & Hinton, "Lecture 6.5 – RMSProp", 2012. s ← ρs + (1−ρ)g², w ← w − rate·g / √(s + ε), with ε under the root as in Keras;
 * `centered` takes the squared mean gradient off s; with momentum, the change is accumulated: c ← momentum·c + change.
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const rho = share('rmsprop', 'rho', options.rho ?? 0.9)
  const momentum = share('rmsprop', 'momentum', options.momentum ?? 0)
  const epsilon = notNegative('rmsprop', 'epsilon', options.epsilon ?? 1e-7)
  const { centered = false } = options
  const own = { rho, momentum, epsilon, centered }
  return uniform('rmsprop', settingsOf('rmsprop', options, 0.001), own, {
    slots: [
      { name: 'square' },
      ...(momentum > 0 ? [{ name: 'momentum' }] : []),
      ...(centered ? [{ name: 'mean' }] : []),
    ],
    coefficients: rate => ({ rate }),
    update(weight, g, slots, coefficients) {
      const square = blend(slotAt(slots, 0), mul(g, g), rho)
      const mean = centered ? blend(slotAt(slots, slots.length - 1), g, rho) : undefined
      const spread = mean ? sub(square, mul(mean, mean)) : square
      const change = div(mul(g, need(coefficients, 'rate')), sqrt(add(spread, scalar(epsilon))))
      const sum = momentum > 0 ? add(mul(slotAt(slots, 1), scalar(momentum)), change) : undefined
      return {
        weight: sub(weight, sum ?? change),
        slots: [square, ...(sum ? [sum] : []), ...(mean ? [mean] : [])],
      }
    },
  })
}
