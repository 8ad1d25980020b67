import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { mul } from '../../ops/math/mul.ts'
import { pow } from '../../ops/math/pow.ts'
import { sub } from '../../ops/math/sub.ts'
import { clip } from '../../ops/nn/clip.ts'
import { reduceMean } from '../../ops/reduce/reduce-mean.ts'
import { reduceSum } from '../../ops/reduce/reduce-sum.ts'

/** Small formulas that losses and metrics share. */

/** Keras's fuzz factor. */
export const epsilon = 1e-7

export const meanOver = (x: Value, axis = -1): Value => reduceMean(x, ints([axis]), { keepdims: 0 })
export const sumOver = (x: Value, axis = -1): Value => reduceSum(x, ints([axis]), { keepdims: 0 })
export const square = (x: Value): Value => mul(x, x)
export const oneMinus = (x: Value): Value => sub(scalarLike(1, x), x)
/** x^exponent. */
export const power = (x: Value, exponent: number): Value => pow(x, scalarLike(exponent, x))
export const plus = (x: Value, number: number): Value => add(x, scalarLike(number, x))
export const times = (x: Value, number: number): Value => mul(x, scalarLike(number, x))

/** Within [low, high]. */
export const within = (x: Value, low: number, high: number): Value => clip(x, scalarLike(low, x), scalarLike(high, x))

/** Away from 0 and 1, so that logarithms stay finite. */
export const clippedProbability = (p: Value): Value => within(p, epsilon, 1 - epsilon)
