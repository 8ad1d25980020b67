import { ArgumentError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { finite, notNegative, positive } from '../../nn/serialized.ts'
import { scalar } from '../../ops/constants.ts'
import { greater } from '../../ops/logic/greater.ts'
import { less } from '../../ops/logic/less.ts'
import { where } from '../../ops/logic/where.ts'
import { add } from '../../ops/math/add.ts'
import { ceil } from '../../ops/math/ceil.ts'
import { cos } from '../../ops/math/cos.ts'
import { div } from '../../ops/math/div.ts'
import { floor } from '../../ops/math/floor.ts'
import { log } from '../../ops/math/log.ts'
import { max } from '../../ops/math/max.ts'
import { min } from '../../ops/math/min.ts'
import { mul } from '../../ops/math/mul.ts'
import { pow } from '../../ops/math/pow.ts'
import { sub } from '../../ops/math/sub.ts'
import type { Schedule } from './schedule.ts'

/** Keras's learning-rate schedules: the same names, options and formulas. `s` is the number of finished steps. */

interface Decay {
  readonly initialLearningRate: number
  readonly decaySteps: number
}
interface RateDecay extends Decay {
  readonly decayRate: number
  /** Change once in `decaySteps` instead of in every step. Default false. */
  readonly staircase?: boolean
}

/** rate = initial · decayRate^(s / decaySteps). */
export function exponentialDecay(options: RateDecay): Schedule {
  const config = rateConfig('exponentialDecay', options)
  return {
    name: 'exponentialDecay',
    config,
    at: step => mul(scalar(config.initialLearningRate), pow(scalar(config.decayRate), periods(config, step))),
  }
}

/** rate = initial / (1 + decayRate · s / decaySteps). */
export function inverseTimeDecay(options: RateDecay): Schedule {
  const config = rateConfig('inverseTimeDecay', options)
  return {
    name: 'inverseTimeDecay',
    config,
    at: step =>
      div(scalar(config.initialLearningRate), add(scalar(1), mul(scalar(config.decayRate), periods(config, step)))),
  }
}

const rateConfig = (name: string, options: RateDecay): Required<RateDecay> => ({
  ...decayConfig(name, options),
  decayRate: finite(name, 'decayRate', options.decayRate),
  staircase: options.staircase ?? false,
})

const decayConfig = (name: string, { initialLearningRate, decaySteps }: Decay): Decay => ({
  initialLearningRate: finite(name, 'initialLearningRate', initialLearningRate),
  decaySteps: positive(name, 'decaySteps', decaySteps),
})

function periods({ decaySteps, staircase }: RateDecay, step: Value): Value {
  const count = div(step, scalar(decaySteps))
  return staircase ? floor(count) : count
}

/** values[i] up to and including step boundaries[i], the last value after that. */
export function piecewiseConstantDecay(options: {
  readonly boundaries: readonly number[]
  readonly values: readonly number[]
}): Schedule {
  const { boundaries, values } = options
  const complain = (expected: string, received: string) =>
    new ArgumentError({ where: 'piecewiseConstantDecay', expected, received })
  if (values.length !== boundaries.length + 1) {
    throw complain('one value more than boundaries', `${values.length} values, ${boundaries.length} boundaries`)
  }
  for (const value of [...values, ...boundaries]) finite('piecewiseConstantDecay', 'values', value)
  if (boundaries.some((boundary, i) => i > 0 && boundary <= (boundaries[i - 1] ?? 0)))
    throw complain('boundaries that increase', `[${boundaries.join(', ')}]`)
  return {
    name: 'piecewiseConstantDecay',
    config: { boundaries, values },
    at: step =>
      boundaries.reduce(
        (rate, boundary, i) => where(greater(step, scalar(boundary)), scalar(values[i + 1] ?? 0), rate),
        scalar(values[0] ?? 0),
      ),
  }
}

/** From initial to end along (1 − s/decaySteps)^power; with `cycle` the period is stretched whenever it is reached. */
export function polynomialDecay(
  options: Decay & { readonly endLearningRate?: number; readonly power?: number; readonly cycle?: boolean },
): Schedule {
  const { initialLearningRate, decaySteps } = decayConfig('polynomialDecay', options)
  const endLearningRate = finite('polynomialDecay', 'endLearningRate', options.endLearningRate ?? 0.0001)
  const power = finite('polynomialDecay', 'power', options.power ?? 1)
  const { cycle = false } = options
  return {
    name: 'polynomialDecay',
    config: { initialLearningRate, decaySteps, endLearningRate, power, cycle },
    at(step) {
      const length = cycle
        ? mul(scalar(decaySteps), max([ceil(div(step, scalar(decaySteps))), scalar(1)]))
        : scalar(decaySteps)
      const share = div(cycle ? step : min([step, length]), length)
      return add(
        mul(scalar(initialLearningRate - endLearningRate), pow(sub(scalar(1), share), scalar(power))),
        scalar(endLearningRate),
      )
    },
  }
}

/**
 * Half a cosine from the initial rate down to alpha times it (Loshchilov & Hutter, "SGDR", 2016), after a linear warm-up from the
 * initial rate to `warmupTarget` over `warmupSteps`, if a target is given.
 */
export function cosineDecay(
  options: Decay & { readonly alpha?: number; readonly warmupTarget?: number | null; readonly warmupSteps?: number },
): Schedule {
  const { initialLearningRate, decaySteps } = decayConfig('cosineDecay', options)
  const alpha = finite('cosineDecay', 'alpha', options.alpha ?? 0)
  const warmupSteps = notNegative('cosineDecay', 'warmupSteps', options.warmupSteps ?? 0)
  const warmupTarget =
    typeof options.warmupTarget === 'number' ? finite('cosineDecay', 'warmupTarget', options.warmupTarget) : null
  return {
    name: 'cosineDecay',
    config: { initialLearningRate, decaySteps, alpha, warmupTarget, warmupSteps },
    at(step) {
      const begun = warmupTarget === null ? 0 : warmupSteps
      const share = div(min([sub(step, scalar(begun)), scalar(decaySteps)]), scalar(decaySteps))
      const peak = scalar(warmupTarget ?? initialLearningRate)
      const decayed = mul(peak, add(mul(scalar(1 - alpha), halfCosine(share)), scalar(alpha)))
      if (warmupTarget === null || warmupSteps === 0) return decayed
      const rising = add(
        scalar(initialLearningRate),
        mul(scalar((warmupTarget - initialLearningRate) / warmupSteps), step),
      )
      return where(less(step, scalar(warmupSteps)), rising, decayed)
    },
  }
}

/** Cosine decay that starts again: each period is tMul times as long as the one before, and starts mMul times as high. */
export function cosineDecayRestarts(options: {
  readonly initialLearningRate: number
  readonly firstDecaySteps: number
  readonly tMul?: number
  readonly mMul?: number
  readonly alpha?: number
}): Schedule {
  const where = 'cosineDecayRestarts'
  const initialLearningRate = finite(where, 'initialLearningRate', options.initialLearningRate)
  const firstDecaySteps = positive(where, 'firstDecaySteps', options.firstDecaySteps)
  const tMul = positive(where, 'tMul', options.tMul ?? 2)
  const mMul = notNegative(where, 'mMul', options.mMul ?? 1)
  const alpha = finite(where, 'alpha', options.alpha ?? 0)
  return {
    name: 'cosineDecayRestarts',
    config: { initialLearningRate, firstDecaySteps, tMul, mMul, alpha },
    at(step) {
      const done = div(step, scalar(firstDecaySteps))
      let restarts: Value
      let share: Value
      if (tMul === 1) {
        restarts = floor(done)
        share = sub(done, restarts)
      } else {
        // Periods of length tMul^i fill (1 − tMul^i) / (1 − tMul) first periods.
        restarts = floor(div(log(sub(scalar(1), mul(done, scalar(1 - tMul)))), scalar(Math.log(tMul))))
        const length = pow(scalar(tMul), restarts)
        const before = div(sub(scalar(1), length), scalar(1 - tMul))
        share = div(sub(done, before), length)
      }
      const height = pow(scalar(mMul), restarts)
      const decayed = add(mul(scalar(1 - alpha), mul(height, halfCosine(share))), scalar(alpha))
      return mul(scalar(initialLearningRate), decayed)
    },
  }
}

/** (1 + cos πx) / 2. */
const halfCosine = (x: Value): Value => mul(scalar(0.5), add(scalar(1), cos(mul(scalar(Math.PI), x))))
