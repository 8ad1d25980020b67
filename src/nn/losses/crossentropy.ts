import { normalizeAxis } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constantLike, ints, scalar, scalarLike } from '../../ops/constants.ts'
import { equal } from '../../ops/logic/equal.ts'
import { not } from '../../ops/logic/not.ts'
import { where } from '../../ops/logic/where.ts'
import { add } from '../../ops/math/add.ts'
import { cast } from '../../ops/math/cast.ts'
import { div } from '../../ops/math/div.ts'
import { log } from '../../ops/math/log.ts'
import { mul } from '../../ops/math/mul.ts'
import { neg } from '../../ops/math/neg.ts'
import { sigmoid } from '../../ops/math/sigmoid.ts'
import { sub } from '../../ops/math/sub.ts'
import { logSoftmax } from '../../ops/nn/log-softmax.ts'
import { softmax } from '../../ops/nn/softmax.ts'
import { softplus } from '../../ops/nn/softplus.ts'
import { reduceSum } from '../../ops/reduce/reduce-sum.ts'
import { squeeze } from '../../ops/shape/squeeze.ts'
import { axisNumber, boolean, integerIn, numberIn } from './checks.ts'
import { clippedProbability, meanOver, oneMinus, plus, power, sumOver, times } from './elementwise.ts'
import { defineLoss, type Loss, type ReductionOptions } from './loss.ts'
import { classesOf, classNumbers, matched, oneHotOf } from './targets.ts'

export interface CrossentropyOptions extends ReductionOptions {
  /** Outputs are logits, not probabilities. Default false. */
  readonly fromLogits?: boolean
  /** The axis of the classes. Default −1. */
  readonly axis?: number
}

export interface SparseCrossentropyOptions extends CrossentropyOptions {
  /** A class number whose samples are left out: their loss is 0 and they do not count in the mean. */
  readonly ignoreClass?: number | null
}

export interface SmoothCrossentropyOptions extends CrossentropyOptions {
  /** How much of each target is spread evenly over all classes, 0 to 1. Default 0. */
  readonly labelSmoothing?: number
}

/**
 * Cross-entropy against class numbers: −log p[target]. Target [batch, …] or [batch, …, 1], output [batch, …, classes].
 * Probabilities that come straight from a softmax are taken back to its logits, which is exact where log(softmax) would underflow.
 */
export function sparseCategoricalCrossentropy({
  fromLogits = false,
  ignoreClass = null,
  axis = -1,
  ...rest
}: SparseCrossentropyOptions = {}): Loss {
  const name = 'sparseCategoricalCrossentropy'
  checkOptions(name, fromLogits, 0, axis)
  if (ignoreClass !== null) integerIn(name, 'ignoreClass', ignoreClass, Number.MIN_SAFE_INTEGER)
  const ignored = (labels: Value) => equal(labels, scalar(ignoreClass ?? 0, 'int64'))
  return defineLoss(
    name,
    { fromLogits, ignoreClass, axis, ...rest },
    (target, output) => {
      const numbers = classNumbers(name, target, output, axis)
      // −1 is no class: its row of the one-hot matrix is empty, and so are loss and gradient.
      const labels = ignoreClass === null ? numbers : where(ignored(numbers), scalar(-1, 'int64'), numbers)
      const logp = logProbabilities(output, fromLogits, axis)
      return neg(sumOver(mul(oneHotOf(labels, classesOf(output, axis), output.dtype, axis), logp), axis))
    },
    {
      classes: output => classesOf(output, axis),
      ...(ignoreClass === null
        ? {}
        : {
            ignoreClass,
            outputMask: (target, values) => {
              const numbers = cast(target, { to: 'int64' })
              return not(ignored(numbers.shape.length > values.shape.length ? squeeze(numbers, ints([axis])) : numbers))
            },
          }),
    },
  )
}

/** Cross-entropy against distributions: −Σ target·log p. Target and output [batch, …, classes]. */
export function categoricalCrossentropy({
  fromLogits = false,
  labelSmoothing = 0,
  axis = -1,
  ...rest
}: SmoothCrossentropyOptions = {}): Loss {
  const name = 'categoricalCrossentropy'
  checkOptions(name, fromLogits, labelSmoothing, axis)
  return defineLoss(name, { fromLogits, labelSmoothing, axis, ...rest }, (target, output) => {
    const [wanted, y] = matched(name, target, output)
    return neg(sumOver(mul(smoothed(wanted, labelSmoothing), logOfDistribution(y, fromLogits, axis)), axis))
  })
}

/** Cross-entropy of independent yes/no outputs, averaged over an axis. Target and output of one shape. */
export function binaryCrossentropy({
  fromLogits = false,
  labelSmoothing = 0,
  axis = -1,
  ...rest
}: SmoothCrossentropyOptions = {}): Loss {
  const name = 'binaryCrossentropy'
  checkOptions(name, fromLogits, labelSmoothing, axis)
  return defineLoss(name, { fromLogits, labelSmoothing, axis, ...rest }, (target, output) => {
    const [wanted, y] = matched(name, target, output)
    return meanOver(binaryTerms(smoothed(wanted, labelSmoothing, 2), y, fromLogits), axis)
  })
}

export interface BinaryFocalOptions extends SmoothCrossentropyOptions {
  /** Weigh ones by `alpha` and zeros by 1 − `alpha`. Default false. */
  readonly applyClassBalancing?: boolean
  /** Default 0.25. */
  readonly alpha?: number
  /** How strongly outputs that are right already are discounted. Default 2. */
  readonly gamma?: number
}

/** (1 − p_t)^γ times the binary cross-entropy, averaged over an axis, where p_t is the probability of the target (Lin et al. 2017). */
export function binaryFocalCrossentropy({
  applyClassBalancing = false,
  alpha = 0.25,
  gamma = 2,
  fromLogits = false,
  labelSmoothing = 0,
  axis = -1,
  ...rest
}: BinaryFocalOptions = {}): Loss {
  const name = 'binaryFocalCrossentropy'
  checkOptions(name, fromLogits, labelSmoothing, axis)
  boolean(name, 'applyClassBalancing', applyClassBalancing)
  numberIn(name, 'alpha', alpha)
  numberIn(name, 'gamma', gamma)
  const options = { applyClassBalancing, alpha, gamma, fromLogits, labelSmoothing, axis, ...rest }
  return defineLoss(name, options, (target, output) => {
    const [wanted, y] = matched(name, target, output)
    const t = smoothed(wanted, labelSmoothing, 2)
    const p = fromLogits ? sigmoid(y) : y
    const rightness = add(mul(t, p), mul(oneMinus(t), oneMinus(p)))
    const focal = mul(power(oneMinus(rightness), gamma), binaryTerms(t, p, false))
    if (!applyClassBalancing) return meanOver(focal, axis)
    return meanOver(mul(add(times(t, alpha), times(oneMinus(t), 1 - alpha)), focal), axis)
  })
}

export interface CategoricalFocalOptions extends SmoothCrossentropyOptions {
  /** Weight of all classes, or of each. Default 0.25. */
  readonly alpha?: number | readonly number[]
  /** How strongly classes that are right already are discounted. Default 2. */
  readonly gamma?: number
}

/** −Σ α(1 − p)^γ·target·log p (Lin et al. 2017). Target and output [batch, …, classes]. */
export function categoricalFocalCrossentropy({
  alpha = 0.25,
  gamma = 2,
  fromLogits = false,
  labelSmoothing = 0,
  axis = -1,
  ...rest
}: CategoricalFocalOptions = {}): Loss {
  const name = 'categoricalFocalCrossentropy'
  checkOptions(name, fromLogits, labelSmoothing, axis)
  for (const weight of typeof alpha === 'number' ? [alpha] : alpha) numberIn(name, 'alpha', weight)
  numberIn(name, 'gamma', gamma)
  return defineLoss(name, { alpha, gamma, fromLogits, labelSmoothing, axis, ...rest }, (target, output) => {
    const [wanted, y] = matched(name, target, output)
    const t = smoothed(wanted, labelSmoothing)
    const p = distribution(fromLogits ? softmax(y, { axis }) : y, axis)
    const weight = mul(
      power(oneMinus(p), gamma),
      typeof alpha === 'number' ? scalarLike(alpha, p) : constantLike(alpha, [alpha.length], p),
    )
    return neg(sumOver(mul(weight, mul(t, log(p))), axis))
  })
}

function checkOptions(name: string, fromLogits: boolean, labelSmoothing: number, axis: number): void {
  boolean(name, 'fromLogits', fromLogits)
  numberIn(name, 'labelSmoothing', labelSmoothing, { min: 0, max: 1 })
  axisNumber(name, axis)
}

/** Mixes targets with the uniform distribution over `classes` (default: the last axis, as in Keras). */
function smoothed(target: Value, amount: number, classes = 0): Value {
  if (amount === 0) return target
  return plus(times(target, 1 - amount), amount / (classes || classesOf(target)))
}

/** −t·log p − (1−t)·log(1−p) for each element. */
function binaryTerms(t: Value, output: Value, fromLogits: boolean): Value {
  const logits = fromLogits ? output : inputOf(output, sigmoid)
  // −t·log σ(z) − (1−t)·log(1−σ(z)) = softplus(z) − t·z
  if (logits) return sub(softplus(logits), mul(t, logits))
  const p = clippedProbability(output)
  return neg(add(mul(t, log(p)), mul(oneMinus(t), log(oneMinus(p)))))
}

function logProbabilities(output: Value, fromLogits: boolean, axis: number): Value {
  const logits = fromLogits ? output : inputOf(output, softmax, axis)
  return logSoftmax(logits ?? log(clippedProbability(output)), { axis })
}

/** As Keras: against distributions, probabilities are made to sum to 1 before they are clipped, and not once more after it. */
function logOfDistribution(output: Value, fromLogits: boolean, axis: number): Value {
  const logits = fromLogits ? output : inputOf(output, softmax, axis)
  return logits ? logSoftmax(logits, { axis }) : log(distribution(output, axis))
}

const distribution = (output: Value, axis: number): Value =>
  clippedProbability(div(output, reduceSum(output, ints([axis]), { keepdims: 1 })))

/** What an activation was applied to, if `y` is its direct output (and, for softmax, over `axis`). */
function inputOf(y: Value, activation: typeof softmax | typeof sigmoid, axis = -1): Value | undefined {
  if (!y.node || y.node.operator !== activation) return undefined
  const own = y.node.attributes['axis']
  const along = (number: number) => normalizeAxis(number, y.shape.length, 'softmax')
  const same = own === undefined || (own.kind === 'int' && along(own.value) === along(axis))
  return same ? y.node.inputs[0] : undefined
}
