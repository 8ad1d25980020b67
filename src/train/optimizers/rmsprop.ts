import { scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { mul } from '../../ops/math/mul.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { common, decayCoefficient, decayed, need, type Optimizer, type OptimizerOptions } from './optimizer.ts'

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
  const { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = options
  const shared = common(options, 0.001)
  return {
    name: 'rmsprop',
    ...shared,
    config: { ...shared, rho, momentum, epsilon, centered, weightDecay: options.weightDecay },
    slots: ['square', ...(momentum > 0 ? ['momentum'] : []), ...(centered ? ['mean'] : [])],
    coefficients: rate => ({ rate, ...decayCoefficient(options.weightDecay, rate) }),
    update(weight, g, slots, coefficients) {
      const [square] = slots
      const accumulated = momentum > 0 ? slots[1] : undefined
      const average = centered ? slots.at(-1) : undefined
      if (!square) throw new Error('rmsprop needs its slots')
      const blend = (old: typeof g, now: typeof g) => add(mul(old, scalar(rho)), mul(now, scalar(1 - rho)))
      const square1 = blend(square, mul(g, g))
      const average1 = average && blend(average, g)
      const spread = average1 ? sub(square1, mul(average1, average1)) : square1
      const change = div(mul(g, need(coefficients, 'rate')), sqrt(add(spread, scalar(epsilon))))
      const accumulated1 = accumulated && add(mul(accumulated, scalar(momentum)), change)
      return {
        weight: sub(decayed(weight, coefficients), accumulated1 ?? change),
        slots: [square1, ...(accumulated1 ? [accumulated1] : []), ...(average1 ? [average1] : [])],
      }
    },
  }
}
