import type { Value } from '../../../graph/value.ts'
import { ints, scalar } from '../../../ops/constants.ts'
import { gatherElements } from '../../../ops/index/gather-elements.ts'
import { and } from '../../../ops/logic/and.ts'
import { greater } from '../../../ops/logic/greater.ts'
import { less } from '../../../ops/logic/less.ts'
import { where } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { div } from '../../../ops/math/div.ts'
import { floor } from '../../../ops/math/floor.ts'
import { log } from '../../../ops/math/log.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sigmoid } from '../../../ops/math/sigmoid.ts'
import { sqrt } from '../../../ops/math/sqrt.ts'
import { sub } from '../../../ops/math/sub.ts'
import { softmax } from '../../../ops/nn/softmax.ts'
import { argMax } from '../../../ops/reduce/arg-max.ts'
import { topK } from '../../../ops/reduce/top-k.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import type { Draws } from './random-layer.ts'

/** Random numbers beyond uniform and normal ones. */

/** The numbers below `count` in random order, int64. */
export const permutation = (random: Draws, count: number): Value => topK(random.uniform([count]), ints([count])).indices

/** Beta(alpha, alpha), float32 [count]; `alpha` a scalar above 0. */
export function beta(random: Draws, count: number, alpha: Value): Value {
  const [a, b] = [logGamma(random, count, alpha), logGamma(random, count, alpha)]
  return sigmoid(sub(a, b)) // a / (a + b) of logarithms
}

/** Weights of sum 1, Dirichlet(alpha, …), float32 [count]; `alpha` a scalar above 0. */
export const dirichlet = (random: Draws, count: number, alpha: Value): Value =>
  softmax(logGamma(random, count, alpha), { axis: 0 })

/** Integers from `low` to below `high`, float32. */
export const integers = (random: Draws, shape: readonly number[], low: number, high: number): Value =>
  add(floor(mul(random.uniform(shape), scalar(high - low))), scalar(low))

/** A candidate is refused one time in twenty at most, so all of them less often than once in 10¹⁰ draws. */
const candidates = 8

/**
 * The logarithm of Gamma(alpha, 1): Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", 2000. They draw until a
 * candidate is accepted; a graph draws a fixed number of them and takes the first. The variate for alpha + 1, times U^(1/alpha), is
 * the one for alpha; logarithms do not underflow where alpha is small.
 */
function logGamma(random: Draws, count: number, alpha: Value): Value {
  const shape = [candidates, count]
  const d = add(alpha, scalar(2 / 3))
  const c = div(scalar(1 / 3), sqrt(d))
  const x = random.normal(shape)
  const base = add(scalar(1), mul(c, x))
  const positive = greater(base, scalar(0))
  const logV = mul(scalar(3), log(where(positive, base, scalar(1))))
  const v = mul(mul(base, base), base)
  const bound = add(mul(mul(x, x), scalar(0.5)), mul(d, add(sub(scalar(1), v), logV)))
  const accepted = and(positive, less(logUniform(random, shape), bound))
  const first = argMax(cast(accepted, { to: 'float32' }), { axis: 0, keepdims: 1 })
  const chosen = reshape(gatherElements(logV, first, { axis: 0 }), ints([count]))
  return add(add(log(d), chosen), div(logUniform(random, [count]), alpha))
}

/** Half a step up, so that the logarithm stays finite. */
const logUniform = (random: Draws, shape: readonly number[]): Value => log(add(random.uniform(shape), scalar(2 ** -25)))
