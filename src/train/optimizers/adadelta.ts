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

export interface AdadeltaOptions extends OptimizerOptions {
  /** How much of the running means of squares is kept. Default 0.95. */
  readonly rho?: number
  readonly epsilon?: number
}

/**
 * Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012. s ← ρs + (1−ρ)g², Δ = g·√(d + ε) / √(s + ε), d ← ρd + (1−ρ)Δ²,
 * w ← w − rate·Δ. Keras's default rate is 0.001; the paper's is 1.
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  const rho = share('adadelta', 'rho', options.rho ?? 0.95)
  const epsilon = notNegative('adadelta', 'epsilon', options.epsilon ?? 1e-7)
  return uniform(
    'adadelta',
    settingsOf('adadelta', options, 0.001),
    { rho, epsilon },
    {
      slots: [{ name: 'square' }, { name: 'change' }],
      coefficients: rate => ({ rate }),
      update(weight, g, slots, coefficients) {
        const root = (x: typeof g) => sqrt(add(x, scalar(epsilon)))
        const square = blend(slotAt(slots, 0), mul(g, g), rho)
        const change = div(mul(root(slotAt(slots, 1)), g), root(square))
        const changes = blend(slotAt(slots, 1), mul(change, change), rho)
        return { weight: sub(weight, mul(change, need(coefficients, 'rate'))), slots: [square, changes] }
      },
    },
  )
}
