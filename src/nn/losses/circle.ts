import { ShapeError } from '../../core/errors.ts'
import { formatShape, staticDim } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints, scalarLike } from '../../ops/constants.ts'
import { and } from '../../ops/logic/and.ts'
import { equal } from '../../ops/logic/equal.ts'
import { greater } from '../../ops/logic/greater.ts'
import { not } from '../../ops/logic/not.ts'
import { where } from '../../ops/logic/where.ts'
import { add } from '../../ops/math/add.ts'
import { cast } from '../../ops/math/cast.ts'
import { matMul } from '../../ops/math/mat-mul.ts'
import { max } from '../../ops/math/max.ts'
import { mul } from '../../ops/math/mul.ts'
import { sub } from '../../ops/math/sub.ts'
import { softplus } from '../../ops/nn/softplus.ts'
import { reduceLogSumExp } from '../../ops/reduce/reduce-log-sum-exp.ts'
import { reshape } from '../../ops/shape/reshape.ts'
import { transpose } from '../../ops/shape/transpose.ts'
import { boolean, numberIn } from './checks.ts'
import { oneMinus, plus, times } from './elementwise.ts'
import { defineLoss, type Loss, type ReductionOptions } from './loss.ts'

export interface CircleOptions extends ReductionOptions {
  /** Scale of the similarities. Default 80. */
  readonly gamma?: number
  /** How far similarities may be from their best values. Default 0.4. */
  readonly margin?: number
  /** Leave out the pair of each sample with itself. Default true. */
  readonly removeDiagonal?: boolean
}

/** Stands for −∞ in a log-sum-exp whose terms may all be left out: its gradients stay numbers. */
const never = -1e30

/**
 * Metric learning: pulls embeddings of one class together and pushes others apart (Sun et al. 2020). Targets are class numbers [batch],
 * outputs embeddings [batch, size] of length 1. Samples whose loss is 0, such as those without a partner, do not count in the mean.
 */
export function circle({ gamma = 80, margin = 0.4, removeDiagonal = true, ...rest }: CircleOptions = {}): Loss {
  numberIn('circle', 'gamma', gamma)
  numberIn('circle', 'margin', margin)
  boolean('circle', 'removeDiagonal', removeDiagonal)
  return defineLoss(
    'circle',
    { gamma, margin, removeDiagonal, ...rest },
    (target, output) => {
      const zero = scalarLike(0, output)
      const distances = max([oneMinus(matMul(output, transpose(output, { perm: [1, 0] }))), zero])
      const { positive, negative } = pairs(target, output, removeDiagonal)
      // Weights grow with the distance from the optimum (0 for positive pairs, 1 for negative ones), the margin included.
      const pull = max([mul(plus(distances, margin), cast(positive, { to: output.dtype })), zero])
      const push = max([mul(from(1 + margin, distances), cast(negative, { to: output.dtype })), zero])
      const positives = times(mul(pull, from(margin, distances)), -gamma)
      const negatives = times(mul(push, from(1 - margin, distances)), gamma)
      return softplus(add(logSum(positive, positives), logSum(negative, negatives)))
    },
    { outputMask: (_, values) => greater(values, scalarLike(0, values)) },
  )
}

const from = (number: number, x: Value): Value => sub(scalarLike(number, x), x)

const logSum = (mask: Value, terms: Value): Value =>
  reduceLogSumExp(where(mask, terms, scalarLike(never, terms)), ints([1]), { keepdims: 0 })

/** Which pairs of samples are of one class, and of two: bool [batch, batch]. */
function pairs(target: Value, output: Value, removeDiagonal: boolean): { positive: Value; negative: Value } {
  const [first] = target.shape
  if (output.shape.length !== 2 || target.shape.length > 2 || (target.shape.length === 2 && target.shape[1] !== 1)) {
    throw new ShapeError({
      where: 'circle',
      expected: 'class numbers [batch] for embeddings [batch, size]',
      received: `${formatShape(target.shape)} for ${formatShape(output.shape)}`,
    })
  }
  const numbers = cast(target, { to: 'int32' })
  const same = equal(reshape(numbers, ints([-1, 1])), reshape(numbers, ints([1, -1])))
  if (!removeDiagonal) return { positive: same, negative: not(same) }
  const batch = staticDim(first, target.shape)
  const places = Array.from({ length: batch }, (_, i) => i)
  const itself = equal(constant(places, [batch, 1], 'int32'), constant(places, [1, batch], 'int32'))
  return { positive: and(same, not(itself)), negative: not(same) }
}
