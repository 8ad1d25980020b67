import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../../ops/constants.ts'
import { lessOrEqual } from '../../ops/logic/less-or-equal.ts'
import { where } from '../../ops/logic/where.ts'
import { abs } from '../../ops/math/abs.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { log } from '../../ops/math/log.ts'
import { max } from '../../ops/math/max.ts'
import { mul } from '../../ops/math/mul.ts'
import { neg } from '../../ops/math/neg.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { softplus } from '../../ops/nn/softplus.ts'
import { reduceSum } from '../../ops/reduce/reduce-sum.ts'
import { axisNumber, numberIn } from './checks.ts'
import { epsilon, meanOver, plus, square, sumOver, times } from './elementwise.ts'
import { defineLoss, type Loss, type ReductionOptions } from './loss.ts'
import { matched } from './targets.ts'

type Formula = (target: Value, output: Value) => Value

/** A loss from a formula for target and output of one shape. */
const pairwise = <C extends ReductionOptions>(name: string, options: C, formula: Formula): Loss =>
  defineLoss(name, options, (target, output) => formula(...matched(name, target, output)))

/** Mean over the last axis of (target − output)². */
export const meanSquaredError = (options: ReductionOptions = {}): Loss =>
  pairwise('meanSquaredError', options, (t, y) => meanOver(square(sub(t, y))))

/** Mean over the last axis of |target − output|. */
export const meanAbsoluteError = (options: ReductionOptions = {}): Loss =>
  pairwise('meanAbsoluteError', options, (t, y) => meanOver(abs(sub(t, y))))

/** 100 · mean over the last axis of |target − output| / max(|target|, ε). */
export const meanAbsolutePercentageError = (options: ReductionOptions = {}): Loss =>
  pairwise('meanAbsolutePercentageError', options, (t, y) =>
    times(meanOver(abs(div(sub(t, y), max([abs(t), scalarLike(epsilon, t)])))), 100),
  )

/** Mean over the last axis of (log(1 + target) − log(1 + output))², both at least ε. */
export const meanSquaredLogarithmicError = (options: ReductionOptions = {}): Loss =>
  pairwise('meanSquaredLogarithmicError', options, (t, y) => {
    const logOf = (x: Value) => log(plus(max([x, scalarLike(epsilon, x)]), 1))
    return meanOver(square(sub(logOf(y), logOf(t))))
  })

export interface HuberOptions extends ReductionOptions {
  /** Where the loss turns from quadratic to linear. Default 1. */
  readonly delta?: number
}

/** Mean over the last axis of ½e² for |e| ≤ δ and of δ|e| − ½δ² beyond (Huber 1964), e = output − target. */
export function huber({ delta = 1, ...rest }: HuberOptions = {}): Loss {
  numberIn('huber', 'delta', delta)
  return pairwise('huber', { delta, ...rest }, (t, y) => {
    const error = sub(y, t)
    const size = abs(error)
    const linear = plus(times(size, delta), -0.5 * delta * delta)
    return meanOver(where(lessOrEqual(size, scalarLike(delta, size)), times(square(error), 0.5), linear))
  })
}

/** Mean over the last axis of log cosh(output − target): about ½e² for small errors and |e| − log 2 for large ones. */
export const logCosh = (options: ReductionOptions = {}): Loss =>
  pairwise('logCosh', options, (t, y) => {
    const error = sub(y, t)
    // log cosh e = e + log(1 + exp(−2e)) − log 2, which does not overflow
    return meanOver(plus(add(error, softplus(times(error, -2))), -Math.LN2))
  })

export interface AxisOptions extends ReductionOptions {
  /** The axis whose elements belong together. Default −1. */
  readonly axis?: number
}

/** −cos of the angle between target and output along `axis`: −1 for one direction, 1 for opposite ones. */
export function cosineSimilarity({ axis = -1, ...rest }: AxisOptions = {}): Loss {
  axisNumber('cosineSimilarity', axis)
  return pairwise('cosineSimilarity', { axis, ...rest }, (t, y) => neg(cosine(t, y, axis)))
}

/** Cosine of the angle along an axis; 0 where one of the two is 0. */
export const cosine = (a: Value, b: Value, axis: number): Value =>
  sumOver(mul(normalized(a, axis), normalized(b, axis)), axis)

/** x / max(‖x‖, ε) along an axis. The bound is put on ‖x‖² so that the gradient at 0 is finite, where Keras's is NaN. */
function normalized(x: Value, axis: number): Value {
  const squares = reduceSum(square(x), ints([axis]), { keepdims: 1 })
  return div(x, sqrt(max([squares, scalarLike(epsilon * epsilon, x)])))
}
