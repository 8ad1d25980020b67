import type { Value } from '../../graph/value.ts'
import { finite, notNegative, positive } from '../../nn/serialized.ts'
import { ints, scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { max } from '../../ops/math/max.ts'
import { min } from '../../ops/math/min.ts'
import { mul } from '../../ops/math/mul.ts'
import { pow } from '../../ops/math/pow.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { reduceMean } from '../../ops/reduce/reduce-mean.ts'
import { unsqueeze } from '../../ops/shape/unsqueeze.ts'
import { type Coefficients, need, type Optimizer, type Rule, slotAt } from './optimizer.ts'
import { type OptimizerOptions, settingsOf } from './settings.ts'

export interface AdafactorOptions extends OptimizerOptions {
  /** The second moment's decay is 1 − tᵇ for this b. Default −0.8. */
  readonly beta2Decay?: number
  /** Added to squared gradients. Default 1e−30. */
  readonly epsilon1?: number
  /** Least root mean square of a weight that its step is relative to. Default 0.001. */
  readonly epsilon2?: number
  /** Largest root mean square of a change, before the rate. Default 1. */
  readonly clipThreshold?: number
  /** Kept for Keras's sake, where it makes no difference either: the rate is at most 1/√t both ways. Default true. */
  readonly relativeStep?: boolean
}

/**
 * Shazeer & Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", 2018. Of the second moment of a matrix, only the
 * means of rows r and columns c are kept, and v = r·cᵀ / mean(r); kernels of more axes are matrices in their last two. A vector
 * keeps v itself. u = g/√v, w ← w − max(ε₂, RMS(w)) · min(rate, 1/√t) · u / max(1, RMS(u)/threshold).
 */
export function adafactor(options: AdafactorOptions = {}): Optimizer {
  const { settings, config } = settingsOf('adafactor', options, 0.001)
  const own = {
    beta2Decay: finite('adafactor', 'beta2Decay', options.beta2Decay ?? -0.8),
    epsilon1: notNegative('adafactor', 'epsilon1', options.epsilon1 ?? 1e-30),
    epsilon2: notNegative('adafactor', 'epsilon2', options.epsilon2 ?? 0.001),
    clipThreshold: positive('adafactor', 'clipThreshold', options.clipThreshold ?? 1),
    relativeStep: options.relativeStep ?? true,
  }
  const coefficients = (rate: Value, step: Value): Coefficients => {
    const t = add(step, scalar(1))
    return {
      rho: min([rate, div(scalar(1), sqrt(t))]),
      // share of what is kept, and of what is new
      beta: sub(scalar(1), pow(t, scalar(own.beta2Decay))),
      fresh: pow(t, scalar(own.beta2Decay)),
    }
  }
  const kept = (old: Value, now: Value, coefficients: Coefficients): Value =>
    add(mul(old, need(coefficients, 'beta')), mul(now, need(coefficients, 'fresh')))

  /** The weight after a step along g/√v. */
  function moved(weight: Value, g: Value, v: Value, coefficients: Coefficients): Value {
    const u = div(g, sqrt(v))
    const shrink = max([scalar(1), div(rms(u), scalar(own.clipThreshold))])
    const alpha = mul(max([scalar(own.epsilon2), rms(weight)]), need(coefficients, 'rho'))
    return sub(weight, mul(u, div(alpha, shrink)))
  }
  const squares = (g: Value): Value => add(mul(g, g), scalar(own.epsilon1))

  const plain: Rule = {
    whole: true,
    slots: [{ name: 'v' }],
    coefficients,
    update(weight, g, slots, coefficients) {
      const v = kept(slotAt(slots, 0), squares(g), coefficients)
      return { weight: moved(weight, g, v, coefficients), slots: [v] }
    },
  }
  const factored = (shape: readonly number[]): Rule => ({
    whole: true,
    slots: [
      { name: 'r', shape: shape.slice(0, -1) },
      { name: 'c', shape: [...shape.slice(0, -2), ...shape.slice(-1)] },
    ],
    coefficients,
    update(weight, g, slots, coefficients) {
      const square = squares(g)
      const r = kept(slotAt(slots, 0), reduceMean(square, ints([-1]), { keepdims: 0 }), coefficients)
      const c = kept(slotAt(slots, 1), reduceMean(square, ints([-2]), { keepdims: 0 }), coefficients)
      const rows = div(r, reduceMean(r, ints([-1])))
      const v = mul(unsqueeze(rows, ints([-1])), unsqueeze(c, ints([-2])))
      return { weight: moved(weight, g, v, coefficients), slots: [r, c] }
    },
  })
  return {
    name: 'adafactor',
    ...settings,
    config: { ...config, ...own },
    ruleFor: ({ shape }) => (shape.length < 2 ? plain : factored(shape)),
  }
}

const rms = (x: Value): Value => sqrt(reduceMean(mul(x, x), undefined, { keepdims: 0 }))
