import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { formatShape, isStatic, type Shape, sizeOf } from '../../core/shape.ts'
import type { TensorType, Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../../ops/constants.ts'
import { and } from '../../ops/logic/and.ts'
import { equal } from '../../ops/logic/equal.ts'
import { where } from '../../ops/logic/where.ts'
import { cast } from '../../ops/math/cast.ts'
import { div } from '../../ops/math/div.ts'
import { max } from '../../ops/math/max.ts'
import { mul } from '../../ops/math/mul.ts'
import { reduceMean } from '../../ops/reduce/reduce-mean.ts'
import { reduceSum } from '../../ops/reduce/reduce-sum.ts'
import { size } from '../../ops/shape/size.ts'
import { unsqueeze } from '../../ops/shape/unsqueeze.ts'
import { sameRank } from './targets.ts'

const reductions = ['sumOverBatchSize', 'mean', 'meanWithSampleWeight', 'sum', 'none'] as const

/**
 * How the losses of the samples become one number. `sumOverBatchSize` and `mean` divide by the number of values, whatever their
 * weights; `meanWithSampleWeight` by the sum of the weights; `none` leaves them apart, which training refuses.
 */
export type Reduction = (typeof reductions)[number]

export interface ReductionOptions {
  /** Default `sumOverBatchSize`. */
  readonly reduction?: Reduction
}

/** What is minimised: a value per sample, and how the values become one. */
export interface Loss {
  readonly name: string
  /** What it was made with, so that it can be made again. */
  readonly config: Readonly<Record<string, unknown>>
  readonly reduction: Reduction
  /** Loss of each sample, without weights: [batch] or [batch, …] for outputs with more axes. Targets may have any numeric dtype. */
  perSample(target: Value, output: Value): Value
  /** Which of those values count at all (bool, of their shape), for a loss that leaves some out. */
  outputMask?(target: Value, values: Value): Value
  /** Number of classes if targets are class numbers, so that they can be checked before training. */
  classes?(output: TensorType): number | undefined
  /** A class number that is allowed beyond `classes`, and ignored. */
  readonly ignoreClass?: number
}

/** A loss of this package: options checked, `reduction` filled in and noted in the configuration. */
export function defineLoss<C extends ReductionOptions>(
  name: string,
  options: C,
  perSample: (target: Value, output: Value) => Value,
  more: Pick<Loss, 'outputMask' | 'classes' | 'ignoreClass'> = {},
): Loss {
  const reduction = checkReduction(name, options.reduction ?? 'sumOverBatchSize')
  const config: Readonly<Record<string, unknown>> = { ...Object.fromEntries(Object.entries(options)), reduction }
  return { name, config, reduction, perSample, ...more }
}

export function checkReduction(name: string, given: string): Reduction {
  const found = reductions.find(reduction => reduction === given)
  if (found) return found
  throw new ArgumentError({
    where: name,
    expected: `'reduction' to be one of ${reductions.map(reduction => `'${reduction}'`).join(', ')}`,
    received: `'${given}'`,
  })
}

export interface Weighting {
  /** A weight for each value, or for each along the leading axes: [batch] or [batch, …]. */
  readonly sampleWeight?: Value | undefined
  /** Bool: which values count. */
  readonly mask?: Value | undefined
}

/**
 * The loss of a batch: a scalar (with reduction `none`, the weighted values). The output's mask and the loss's own are joined, as in
 * `keras.losses.Loss.__call__`.
 */
export function lossOf(loss: Loss, target: Value, output: Value, { sampleWeight, mask }: Weighting = {}): Value {
  const values = loss.perSample(target, output)
  const own = loss.outputMask?.(target, values)
  const joined = mask && own ? and(cast(mask, { to: 'bool' }), own) : (mask ?? own)
  return reduceLoss(values, { sampleWeight, mask: joined, reduction: loss.reduction })
}

/**
 * Weighs and reduces values as Keras's `reduce_weighted_values` does. Weights with fewer axes than the values belong to the leading
 * ones (Keras takes only as many axes, or a trailing one of size 1).
 */
export function reduceLoss(
  values: Value,
  { sampleWeight, mask, reduction = 'sumOverBatchSize' }: Weighting & ReductionOptions = {},
): Value {
  const weight = mergeMask(sampleWeight, mask, { like: values, reduction })
  if (!weight) return reduceValues(values, undefined, reduction)
  const [aligned, weights] = alignLeading(...sameRank(values, weight))
  return reduceValues(mul(aligned, weights), weights, reduction)
}

function reduceValues(values: Value, weights: Value | undefined, reduction: Reduction): Value {
  if (reduction === 'none' || values.shape.length === 0) return values
  if (reduction === 'sum') return reduceSum(values, undefined, { keepdims: 0 })
  if (reduction !== 'meanWithSampleWeight' || !weights) return reduceMean(values, undefined, { keepdims: 0 })
  return divNoNan(reduceSum(values, undefined, { keepdims: 0 }), reduceSum(weights, undefined, { keepdims: 0 }))
}

/**
 * Weights that are 0 where the mask is. Under a mean over all values, the others grow by total/valid, so that the mean is one over
 * the valid values (Keras's `apply_mask`). Metrics merge with `sum`.
 */
export function mergeMask(
  sampleWeight: Value | undefined,
  mask: Value | undefined,
  { like, reduction }: { readonly like: Value; readonly reduction: Reduction },
): Value | undefined {
  const weight = sampleWeight && cast(sampleWeight, { to: like.dtype })
  if (!mask) return weight
  let factor = cast(mask, { to: like.dtype })
  if (reduction === 'mean' || reduction === 'sumOverBatchSize') {
    const valid = reduceSum(factor, undefined, { keepdims: 0 })
    // With nothing valid, all factors are 0 whatever the divisor.
    factor = mul(factor, div(countOf(mask, like), max([valid, scalarLike(1, like)])))
  }
  if (!weight) return factor
  const [a, b] = sameRank(factor, weight)
  return a.shape.length >= b.shape.length ? mul(...alignLeading(a, b)) : mul(...alignLeading(b, a))
}

/** The number of elements, as a scalar of the dtype of `like`. */
export function countOf(value: Value, like: Value): Value {
  return isStatic(value.shape) ? scalarLike(sizeOf(value.shape), like) : cast(size(value), { to: like.dtype })
}

/** a / b, and 0 where b is 0, without a NaN in the gradient. */
export function divNoNan(a: Value, b: Value): Value {
  const none = equal(b, scalarLike(0, b))
  return where(none, scalarLike(0, a), div(a, where(none, scalarLike(1, b), b)))
}

/** Gives `weights` trailing axes of size 1 until it has those of `values`. */
export function alignLeading(values: Value, weights: Value): [Value, Value] {
  const missing = values.shape.length - weights.shape.length
  if (weights.shape.length > 0 && values.shape.length > 0) checkWeights(values.shape, weights.shape)
  if (missing <= 0 || weights.shape.length === 0) return [values, weights]
  return [values, unsqueeze(weights, ints(Array.from({ length: missing }, (_, i) => weights.shape.length + i)))]
}

function checkWeights(values: Shape, weights: Shape): void {
  const fits = weights.every((dim, i) => dim === 1 || typeof dim === 'string' || dim === values[i])
  if (weights.length <= values.length && (fits || values.some(dim => typeof dim === 'string'))) return
  throw new ShapeError({
    where: 'sampleWeight',
    expected: `a weight for each value, of shape ${formatShape(values)} or its leading axes`,
    received: formatShape(weights),
  })
}
