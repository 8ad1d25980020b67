import { scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { mul } from '../../ops/math/mul.ts'
import { sub } from '../../ops/math/sub.ts'
import { uniform } from './make.ts'
import { need, type Optimizer } from './optimizer.ts'
import { type OptimizerOptions, settingsOf, share } from './settings.ts'

export interface SgdOptions extends OptimizerOptions {
  readonly momentum?: number
  readonly nesterov?: boolean
}

/**
 * Gradient descent: w ← w − rate·g. With momentum: v ← momentum·v − rate·g, w ← w + v; Nesterov's form adds
 * momentum·v − rate·g instead (Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013).
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const momentum = share('sgd', 'momentum', options.momentum ?? 0)
  const { nesterov = false } = options
  return uniform(
    'sgd',
    settingsOf('sgd', options, 0.01),
    { momentum, nesterov },
    {
      slots: momentum === 0 ? [] : [{ name: 'momentum' }],
      coefficients: rate => ({ rate }),
      update(weight, g, [v], coefficients) {
        const change = mul(g, need(coefficients, 'rate'))
        if (!v) return { weight: sub(weight, change), slots: [] }
        const v1 = sub(mul(v, scalar(momentum)), change)
        return { weight: add(weight, nesterov ? sub(mul(v1, scalar(momentum)), change) : v1), slots: [v1] }
      },
    },
  )
}
