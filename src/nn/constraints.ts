import { ArgumentError } from '../core/errors.ts'
import type { Value } from '../graph/value.ts'
import { ints, scalarLike } from '../ops/constants.ts'
import { add } from '../ops/math/add.ts'
import { div } from '../ops/math/div.ts'
import { max } from '../ops/math/max.ts'
import { mul } from '../ops/math/mul.ts'
import { sqrt } from '../ops/math/sqrt.ts'
import { clip } from '../ops/nn/clip.ts'
import { reduceSumSquare } from '../ops/reduce/reduce-sum-square.ts'
import { notNegative, resolveWeightFunction, type Serialized, type WeightFunction } from './serialized.ts'

/** What a weight is brought back to after each step. */
export interface Constraint extends WeightFunction {
  /** The constrained weight, of the same shape and dtype. */
  call(weight: Value): Value
}

export interface NormOptions {
  /**
   * The axes that make up one vector. Default 0: the inputs of a Dense kernel [in, out]; [0, 1, 2] for a Conv2D kernel
   * [height, width, in, out].
   */
  readonly axis?: number | readonly number[]
}

/** Scales vectors down that are longer than `maxValue`, by default 2. */
export function maxNorm(options: { readonly maxValue?: number } & NormOptions = {}): Constraint {
  const maxValue = notNegative('maxNorm', 'maxValue', options.maxValue ?? 2)
  const axis = axisOf('maxNorm', options)
  return {
    name: 'maxNorm',
    config: { maxValue, axis },
    call(weight) {
      const norms = normsOf(weight, axis)
      return rescaled(weight, norms, bounded(norms, 0, maxValue))
    },
  }
}

/** Negative elements become 0. */
export const nonNeg = (): Constraint => ({
  name: 'nonNeg',
  config: {},
  call: weight => max([weight, scalarLike(0, weight)]),
})

/** Scales vectors to length 1. */
export function unitNorm(options: NormOptions = {}): Constraint {
  const axis = axisOf('unitNorm', options)
  return {
    name: 'unitNorm',
    config: { axis },
    call: weight => div(weight, add(normsOf(weight, axis), scalarLike(epsilon, weight))),
  }
}

/** Draws the lengths of vectors into [minValue, maxValue], by default [0, 1]: all of the way at `rate` 1, the default. */
export function minMaxNorm(
  options: { readonly minValue?: number; readonly maxValue?: number; readonly rate?: number } & NormOptions = {},
): Constraint {
  const minValue = notNegative('minMaxNorm', 'minValue', options.minValue ?? 0)
  const maxValue = notNegative('minMaxNorm', 'maxValue', options.maxValue ?? 1)
  const rate = notNegative('minMaxNorm', 'rate', options.rate ?? 1)
  if (minValue > maxValue || rate > 1) {
    throw new ArgumentError({
      where: 'minMaxNorm',
      expected: "'minValue' no larger than 'maxValue', and 'rate' from 0 to 1",
      received: `${minValue}, ${maxValue} and ${rate}`,
    })
  }
  const axis = axisOf('minMaxNorm', options)
  return {
    name: 'minMaxNorm',
    config: { minValue, maxValue, rate, axis },
    call(weight) {
      const norms = normsOf(weight, axis)
      const inside = bounded(norms, minValue, maxValue)
      const wanted =
        rate === 1 ? inside : add(mul(inside, scalarLike(rate, weight)), mul(norms, scalarLike(1 - rate, weight)))
      return rescaled(weight, norms, wanted)
    },
  }
}

/** Keras's fuzz factor: keeps vectors of zeros at zero. */
const epsilon = 1e-7

const normsOf = (weight: Value, axis: number | readonly number[]): Value =>
  sqrt(reduceSumSquare(weight, ints(typeof axis === 'number' ? [axis] : axis)))

const bounded = (norms: Value, low: number, high: number): Value =>
  clip(norms, scalarLike(low, norms), scalarLike(high, norms))

const rescaled = (weight: Value, norms: Value, wanted: Value): Value =>
  mul(weight, div(wanted, add(norms, scalarLike(epsilon, weight))))

function axisOf(where: string, { axis = 0 }: NormOptions): number | readonly number[] {
  const axes = typeof axis === 'number' ? [axis] : axis
  if (Array.isArray(axes) && axes.length > 0 && axes.every(one => Number.isSafeInteger(one))) return axis
  throw new ArgumentError({ where, expected: "'axis' to be an axis or a list of axes", received: JSON.stringify(axis) })
}

const byName = { maxNorm, nonNeg, unitNorm, minMaxNorm }
export type ConstraintName = keyof typeof byName

/** By name with Keras's defaults, from its serialised form, as it is, or none. A function becomes one named `custom`. */
export const resolveConstraint = (
  given: ConstraintName | Constraint | Serialized | ((weight: Value) => Value) | null | undefined,
  where: string,
): Constraint | undefined => resolveWeightFunction(byName, given, where, 'a constraint')
