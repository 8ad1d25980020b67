import { ArgumentError } from '../../core/errors.ts'
import { mul } from '../../ops/math/mul.ts'
import { sign } from '../../ops/math/sign.ts'
import { sub } from '../../ops/math/sub.ts'
import { blend, uniform } from './make.ts'
import { need, type Optimizer, slotAt } from './optimizer.ts'
import { type OptimizerOptions, settingsOf, share } from './settings.ts'

export interface LionOptions extends OptimizerOptions {
  /** Share of the momentum in the direction. Above 0; default 0.9. */
  readonly beta1?: number
  /** Default 0.99. */
  readonly beta2?: number
}

/**
 * Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023: w ← w − rate · sign(β₁m + (1−β₁)g), m ← β₂m + (1−β₂)g.
 * Every element moves by the rate, so rates are three to ten times smaller than Adam's, and weight decays as much larger.
 */
export function lion(options: LionOptions = {}): Optimizer {
  const beta1 = share('lion', 'beta1', options.beta1 ?? 0.9)
  const beta2 = share('lion', 'beta2', options.beta2 ?? 0.99)
  if (beta1 === 0) {
    throw new ArgumentError({
      where: 'lion',
      expected: "'beta1' above 0",
      received: '0',
      remedy: 'The signs of gradients alone are no use of the momentum.',
    })
  }
  return uniform(
    'lion',
    settingsOf('lion', options, 0.001),
    { beta1, beta2 },
    {
      // The momentum is read twice.
      slots: [{ name: 'm', inPlace: false }],
      coefficients: rate => ({ rate }),
      update(weight, g, slots, coefficients) {
        const m = slotAt(slots, 0)
        return {
          weight: sub(weight, mul(sign(blend(m, g, beta1)), need(coefficients, 'rate'))),
          slots: [blend(m, g, beta2)],
        }
      },
    },
  )
}
