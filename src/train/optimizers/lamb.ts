import type { Value } from '../../graph/value.ts'
import { scalar } from '../../ops/constants.ts'
import { and } from '../../ops/logic/and.ts'
import { greater } from '../../ops/logic/greater.ts'
import { where } from '../../ops/logic/where.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { mul } from '../../ops/math/mul.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { reduceSumSquare } from '../../ops/reduce/reduce-sum-square.ts'
import { bias, blend, uniform } from './make.ts'
import { need, type Optimizer, slotAt } from './optimizer.ts'
import { adamConfig, type OptimizerOptions, settingsOf } from './settings.ts'

export interface LambOptions extends OptimizerOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
}

/**
 * You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", 2019: Adam's change
 * u = m̂ / (√v̂ + ε), scaled for each weight to the weight's own norm: w ← w − rate · ‖w‖/‖u‖ · u, where a ratio with a norm of 0 is 1.
 */
export function lamb(options: LambOptions = {}): Optimizer {
  const config = adamConfig('lamb', options)
  const { beta1, beta2, epsilon } = config
  return uniform('lamb', settingsOf('lamb', options, 0.001), config, {
    whole: true,
    slots: [{ name: 'm' }, { name: 'v' }],
    coefficients: (rate, step) => ({ rate, bias1: bias(beta1, step), bias2: bias(beta2, step) }),
    update(weight, g, slots, coefficients) {
      const m = blend(slotAt(slots, 0), g, beta1)
      const v = blend(slotAt(slots, 1), mul(g, g), beta2)
      const root = add(sqrt(div(v, need(coefficients, 'bias2'))), scalar(epsilon))
      const change = div(div(m, need(coefficients, 'bias1')), root)
      const ratio = trustRatio(norm(weight), norm(change))
      return { weight: sub(weight, mul(change, mul(ratio, need(coefficients, 'rate')))), slots: [m, v] }
    },
  })
}

const norm = (x: Value): Value => sqrt(reduceSumSquare(x, undefined, { keepdims: 0 }))

function trustRatio(weight: Value, change: Value): Value {
  const both = and(greater(weight, scalar(0)), greater(change, scalar(0)))
  return where(both, div(weight, change), scalar(1))
}
