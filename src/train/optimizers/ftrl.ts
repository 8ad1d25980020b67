import { ArgumentError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { finite, notNegative } from '../../nn/serialized.ts'
import { scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { mul } from '../../ops/math/mul.ts'
import { pow } from '../../ops/math/pow.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { clip } from '../../ops/nn/clip.ts'
import { uniform } from './make.ts'
import { need, type Optimizer, slotAt } from './optimizer.ts'
import { type OptimizerOptions, settingsOf } from './settings.ts'

export interface FtrlOptions extends OptimizerOptions {
  /** Power of the accumulated squares, 0 or below. Default −0.5. */
  readonly learningRatePower?: number
  readonly initialAccumulatorValue?: number
  readonly l1RegularizationStrength?: number
  readonly l2RegularizationStrength?: number
  /** A penalty on the size of the weights, where l2 is one on their change. */
  readonly l2ShrinkageRegularizationStrength?: number
  readonly beta?: number
}

/**
 * Follow the regularised leader: McMahan et al., "Ad Click Prediction: a View from the Trenches", 2013, with shrinkage as in
 * Keras. With p = −learningRatePower: n' = n + g², z ← z + g + 2·shrinkage·w − (n'ᵖ − nᵖ)/rate · w,
 * w ← (clip(z, ±l1) − z) / (n'ᵖ/rate + 2·l2 + β/rate).
 */
export function ftrl(options: FtrlOptions = {}): Optimizer {
  const atLeast0 = (name: string, value: number) => notNegative('ftrl', name, value)
  const config = {
    learningRatePower: finite('ftrl', 'learningRatePower', options.learningRatePower ?? -0.5),
    initialAccumulatorValue: atLeast0('initialAccumulatorValue', options.initialAccumulatorValue ?? 0.1),
    l1RegularizationStrength: atLeast0('l1RegularizationStrength', options.l1RegularizationStrength ?? 0),
    l2RegularizationStrength: atLeast0('l2RegularizationStrength', options.l2RegularizationStrength ?? 0),
    l2ShrinkageRegularizationStrength: atLeast0(
      'l2ShrinkageRegularizationStrength',
      options.l2ShrinkageRegularizationStrength ?? 0,
    ),
    beta: atLeast0('beta', options.beta ?? 0),
  }
  const power = -config.learningRatePower
  if (power < 0) {
    throw new ArgumentError({
      where: 'ftrl',
      expected: "'learningRatePower' to be 0 or below",
      received: String(config.learningRatePower),
    })
  }
  const raised = (n: Value): Value => (power === 0.5 ? sqrt(n) : pow(n, scalar(power)))
  const l1 = config.l1RegularizationStrength
  const shrinkage = config.l2ShrinkageRegularizationStrength
  return uniform('ftrl', settingsOf('ftrl', options, 0.001), config, {
    // The old sum is read again after the new one is made.
    slots: [{ name: 'accumulator', initial: config.initialAccumulatorValue, inPlace: false }, { name: 'linear' }],
    coefficients: rate => ({
      rate,
      stay: add(scalar(2 * config.l2RegularizationStrength), div(scalar(config.beta), rate)),
    }),
    update(weight, g, slots, coefficients) {
      const rate = need(coefficients, 'rate')
      const n = slotAt(slots, 0)
      const n1 = add(n, mul(g, g))
      const root = raised(n1)
      const pull = shrinkage === 0 ? g : add(g, mul(weight, scalar(2 * shrinkage)))
      const z = add(slotAt(slots, 1), sub(pull, mul(div(sub(root, raised(n)), rate), weight)))
      const quadratic = add(div(root, rate), need(coefficients, 'stay'))
      return { weight: div(sub(clip(z, scalar(-l1), scalar(l1)), z), quadratic), slots: [n1, z] }
    },
  })
}
