import { ArgumentError } from '../../core/errors.ts'
import { scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { mul } from '../../ops/math/mul.ts'
import { sub } from '../../ops/math/sub.ts'
import { common, decayCoefficient, decayed, need, type Optimizer, type OptimizerOptions } from './optimizer.ts'

export interface SgdOptions extends OptimizerOptions {
  readonly momentum?: number
  readonly nesterov?: boolean
}

/**
 * Gradient descent: w ← w − rate·g. With momentum: v ← momentum·v − rate·g, w ← w + v; Nesterov's form adds
 * momentum·v − rate·g instead (Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013).
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { momentum = 0, nesterov = false } = options
  if (momentum < 0 || momentum > 1)
    throw new ArgumentError({ where: 'sgd', expected: "'momentum' from 0 to 1", received: String(momentum) })
  const shared = common(options, 0.01)
  return {
    name: 'sgd',
    ...shared,
    config: { ...shared, momentum, nesterov, weightDecay: options.weightDecay },
    slots: momentum === 0 ? [] : ['momentum'],
    coefficients: rate => ({ rate, ...decayCoefficient(options.weightDecay, rate) }),
    update(weight, g, [v], coefficients) {
      const from = decayed(weight, coefficients)
      const change = mul(g, need(coefficients, 'rate'))
      if (!v) return { weight: sub(from, change), slots: [] }
      const v1 = sub(mul(v, scalar(momentum)), change)
      return { weight: add(from, nesterov ? sub(mul(v1, scalar(momentum)), change) : v1), slots: [v1] }
    },
  }
}
