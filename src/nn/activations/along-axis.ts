import { ShapeError } from '../../core/errors.ts'
import { formatShape, normalizeAxis } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constantLike, ints, scalar, scalarLike } from '../../ops/constants.ts'
import { greater } from '../../ops/logic/greater.ts'
import { cast } from '../../ops/math/cast.ts'
import { div } from '../../ops/math/div.ts'
import { mul } from '../../ops/math/mul.ts'
import { sigmoid } from '../../ops/math/sigmoid.ts'
import { sub } from '../../ops/math/sub.ts'
import { logSoftmax as logSoftmaxOf } from '../../ops/nn/log-softmax.ts'
import { relu } from '../../ops/nn/relu.ts'
import { softmax as softmaxOf } from '../../ops/nn/softmax.ts'
import { cumSum } from '../../ops/reduce/cum-sum.ts'
import { reduceSum } from '../../ops/reduce/reduce-sum.ts'
import { topK } from '../../ops/reduce/top-k.ts'
import { split } from '../../ops/shape/split.ts'

/** Keras's activations that look along an axis. */

export interface AxisOption {
  /** Default −1, the last. */
  readonly axis?: number
}

/** eˣ / Σ eˣ. */
export const softmax = (x: Value, { axis = -1 }: AxisOption = {}): Value => softmaxOf(x, { axis })

/** log(softmax(x)). */
export const logSoftmax = (x: Value, { axis = -1 }: AxisOption = {}): Value => logSoftmaxOf(x, { axis })

/** a · sigmoid(b), x being a and b, one after the other (Dauphin et al., 2017). Halves the axis. */
export function glu(x: Value, { axis = -1 }: AxisOption = {}): Value {
  const size = sizeAlong('glu', x, axis)
  if (size % 2 !== 0) {
    throw new ShapeError({
      where: 'glu',
      expected: `axis ${axis} to have an even size`,
      received: formatShape(x.shape),
    })
  }
  const [a = x, b = x] = split(x, ints([size / 2, size / 2]), { axis })
  return mul(a, sigmoid(b))
}

/**
 * The point of the probability simplex nearest to x, with zeros where softmax has small numbers (Martins & Astudillo, 2016):
 * max(0, x − τ), where Σ over the support S is 1, so τ = (Σ_S x − 1) / |S|. Keras 3.15 adds up cumulative sums in place of x, so that
 * its outputs do not sum to 1; this is the definition.
 */
export function sparsemax(x: Value, { axis = -1 }: AxisOption = {}): Value {
  const size = sizeAlong('sparsemax', x, axis)
  const at = normalizeAxis(axis, x.shape.length, 'sparsemax')
  const one = scalarLike(1, x)
  const sorted = topK(x, ints([size]), { axis: at }).values
  const ranks = constantLike(
    Array.from({ length: size }, (_, i) => i + 1),
    x.shape.map((_, i) => (i === at ? size : 1)),
    x,
  )
  const sums = cumSum(sorted, scalar(at, 'int64'))
  const inSupport = cast(greater(mul(sorted, ranks), sub(sums, one)), { to: x.dtype })
  // The smallest of the support is its last: what is not below it belongs to the support. τ of the sorted numbers decides which.
  const count = reduceSum(inSupport, ints([at]))
  const rough = div(sub(reduceSum(mul(sorted, inSupport), ints([at])), one), count)
  // Comparisons have no gradient, so that of τ goes through a sum over the support and not through the sorting.
  const support = cast(greater(x, rough), { to: x.dtype })
  const tau = div(sub(reduceSum(mul(x, support), ints([at])), one), reduceSum(support, ints([at])))
  return relu(sub(x, tau))
}

function sizeAlong(where: string, x: Value, axis: number): number {
  const size = x.shape[normalizeAxis(axis, x.shape.length, where)]
  if (typeof size === 'number') return size
  throw new ShapeError({ where, expected: `axis ${axis} to have a known size`, received: formatShape(x.shape) })
}
