import { ArgumentError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
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
  /** Change once in `decaySteps` instead of in every step. */
  readonly staircase?: boolean
}

const positive = (name: string, argument: string, value: number): number => {
  if (value > 0) return value
  throw new ArgumentError({ where: name, expected: `'${argument}' above 0`, received: String(value) })
}

/** rate = initial · decayRate^(s / decaySteps). */
export const exponentialDecay = (options: RateDecay): Schedule => ({
  name: 'exponentialDecay',
  config: { staircase: false, ...options },
  at: step =>
    mul(
      scalar(options.initialLearningRate),
      pow(scalar(options.decayRate), periods('exponentialDecay', options, step)),
    ),
})

/** rate = initial / (1 + decayRate · s / decaySteps). */
export const inverseTimeDecay = (options: RateDecay): Schedule => ({
  name: 'inverseTimeDecay',
  config: { staircase: false, ...options },
  at: step =>
    div(
      scalar(options.initialLearningRate),
      add(scalar(1), mul(scalar(options.decayRate), periods('inverseTimeDecay', options, step))),
    ),
})

function periods(name: string, { decaySteps, staircase }: RateDecay, step: Value): Value {
  const count = div(step, scalar(positive(name, 'decaySteps', decaySteps)))
  return staircase ? floor(count) : count
}

/** values[i] up to and including step boundaries[i], the last value after that. */
export function piecewiseConstantDecay(options: {
  readonly boundaries: readonly number[]
  readonly values: readonly number[]
}): Schedule {
  const { boundaries, values } = options
  if (values.length !== boundaries.length + 1) {
    throw new ArgumentError({
      where: 'piecewiseConstantDecay',
      expected: 'one value more than boundaries',
      received: `${values.length} values, ${boundaries.length} boundaries`,
    })
  }
  return {
    name: 'piecewiseConstantDecay',
    config: { ...options },
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
  const { initialLearningRate, decaySteps, endLearningRate = 0.0001, power = 1, cycle = false } = options
  positive('polynomialDecay', 'decaySteps', decaySteps)
  return {
    name: 'polynomialDecay',
    config: { endLearningRate, power, cycle, ...options },
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
  options: Decay & { readonly alpha?: number; readonly warmupTarget?: number; readonly warmupSteps?: number },
): Schedule {
  const { initialLearningRate, decaySteps, alpha = 0, warmupTarget, warmupSteps = 0 } = options
  positive('cosineDecay', 'decaySteps', decaySteps)
  const peak = warmupTarget ?? initialLearningRate
  return {
    name: 'cosineDecay',
    config: { alpha, warmupSteps, ...options },
    at(step) {
      const begun = warmupTarget === undefined ? 0 : warmupSteps
      const share = div(min([sub(step, scalar(begun)), scalar(decaySteps)]), scalar(decaySteps))
      const decayed = mul(scalar(peak), add(mul(scalar(1 - alpha), halfCosine(share)), scalar(alpha)))
      if (warmupTarget === undefined || warmupSteps === 0) return decayed
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
  const { initialLearningRate, firstDecaySteps, tMul = 2, mMul = 1, alpha = 0 } = options
  positive('cosineDecayRestarts', 'firstDecaySteps', firstDecaySteps)
  return {
    name: 'cosineDecayRestarts',
    config: { tMul, mMul, alpha, ...options },
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
