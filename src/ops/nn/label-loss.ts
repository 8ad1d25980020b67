import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, type Shape, sizeOf, staticShape } from '../../core/shape.ts'
import type { TensorType, Value } from '../../graph/value.ts'
import { constantLike, ints } from '../constants.ts'
import { requireFloat, requireIndex, sameDType } from '../infer.ts'
import { equal } from '../logic/equal.ts'
import { add } from '../math/add.ts'
import { cast } from '../math/cast.ts'
import { div } from '../math/div.ts'
import { mul } from '../math/mul.ts'
import { neg } from '../math/neg.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { unsqueeze } from '../shape/unsqueeze.ts'
import { requirePerChannel } from './channels.ts'

/** Losses that pick, for each label, a log-probability out of [N, C, …]: −w[label]·logp[label]. */

export interface LossAttributes {
  readonly ignore_index: number | undefined
  readonly reduction: string
}

/** Type of the loss, after checking scores [N, C, …], labels [N, …] and class weights [C]. */
export function lossType(
  where: string,
  scores: TensorType,
  labels: TensorType,
  weights: TensorType | undefined,
  { reduction }: LossAttributes,
): TensorType {
  requireFloat(where, scores)
  requireIndex(where, labels)
  const [n, channels, ...rest] = scores.shape
  const expected: Shape = [n ?? 0, ...rest]
  const fits = (own: Dim | undefined, dim: Dim) => own === dim || typeof own === 'string' || typeof dim === 'string'
  if (
    channels === undefined ||
    labels.shape.length !== expected.length ||
    !expected.every((dim, i) => fits(labels.shape[i], dim))
  ) {
    throw new ShapeError({
      where,
      expected:
        channels === undefined
          ? 'scores of rank 2 or more: [batch, classes, …]'
          : `labels of shape ${formatShape(expected)} for scores of shape ${formatShape(scores.shape)}`,
      received: channels === undefined ? formatShape(scores.shape) : formatShape(labels.shape),
      remedy: 'Labels are class numbers, not one-hot vectors; classes are axis 1 of the scores.',
    })
  }
  requirePerChannel(where, 'weights', weights, channels)
  if (reduction !== 'none' && reduction !== 'sum' && reduction !== 'mean') {
    throw new ArgumentError({ where, expected: "reduction 'none', 'sum' or 'mean'", received: `'${reduction}'` })
  }
  const dtype = weights ? sameDType(where, scores, weights) : scores.dtype
  return { dtype, shape: reduction === 'none' ? labels.shape : [] }
}

/** Gradients of the loss with respect to the log-probabilities [N, C, …] and the class weights. */
export function lossGradients(
  logp: Value,
  labels: Value,
  weights: Value | undefined,
  loss: Value,
  dy: Value,
  { ignore_index, reduction }: LossAttributes,
) {
  const [, classes = 0, ...rest] = staticShape(logp.shape, 'gradient of a loss')
  const column = [classes, ...rest.map(() => 1)]
  const numbers = Array.from({ length: classes }, (_, i) => i)
  const hit = cast(equal(unsqueeze(labels, ints([1])), constantLike(numbers, column, labels)), { to: logp.dtype })
  // The ignored label counts nothing; one that is no class at all has hit nothing anyway.
  const counted = mul(
    hit,
    constantLike(
      numbers.map(i => (i === ignore_index ? 0 : 1)),
      column,
      logp,
    ),
  )
  const weighted = weights ? mul(counted, reshapeTo(weights, column)) : counted
  // mean: Σ w·loss / Σ w
  const total = reduction === 'mean' ? reduceSum(weighted, undefined, { keepdims: 0 }) : undefined
  const d = reduction === 'none' ? unsqueeze(dy, ints([1])) : total ? div(dy, total) : dy
  const axes = logp.shape.map((_, i) => i).filter(i => i !== 1)
  // The weight of a class scales its own losses, and through the mean's denominator lowers everybody's.
  const perLabel = total ? add(logp, loss) : logp
  return {
    logp: neg(mul(weighted, d)),
    weights: weights && neg(reduceSum(mul(mul(counted, perLabel), d), ints(axes), { keepdims: 0 })),
  }
}

/** Operations per score: exponential, sum, logarithm, pick. */
export const lossFlops = (scores: Value | undefined): number =>
  5 * sizeOf((scores?.shape ?? []).map(dim => (typeof dim === 'number' ? dim : 1)))
