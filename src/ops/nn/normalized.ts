import { sizeOf, staticShape } from '../../core/shape.ts'
import type { Batched } from '../../graph/operator.ts'
import type { Value } from '../../graph/value.ts'
import { ensureBatched } from '../batching.ts'
import { constantLike, ints, scalarLike } from '../constants.ts'
import { add } from '../math/add.ts'
import { div } from '../math/div.ts'
import { mul } from '../math/mul.ts'
import { sqrt } from '../math/sqrt.ts'
import { sub } from '../math/sub.ts'
import { reduceMean } from '../reduce/reduce-mean.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { foldBatch, unfoldBatch } from './conv-batching.ts'

/** What normalisations share: x̂ = (x − μ)·r over some axes, with r = (σ² + ε)^(−1/2). */

export interface Normalized {
  /** x̂ */
  readonly normal: Value
  /** r, with the reduced axes as 1. */
  readonly inverse: Value
}

/** Computes x̂ and r over the given axes. */
export function normalized(x: Value, axes: readonly number[], epsilon: number): Normalized {
  const centred = sub(x, reduceMean(x, ints(axes)))
  const variance = reduceMean(mul(centred, centred), ints(axes))
  const inverse = div(scalarLike(1, x), sqrt(add(variance, scalarLike(epsilon, x))))
  return { normal: mul(centred, inverse), inverse }
}

/** dx = r·(g − mean(g) − x̂·mean(g·x̂)), g being the gradient of x̂: what is left of it once its mean and its part along x̂ are taken out. */
export function normalizedGradient(g: Value, { normal, inverse }: Normalized, axes: readonly number[]): Value {
  const along = reduceMean(mul(g, normal), ints(axes))
  return mul(inverse, sub(sub(g, reduceMean(g, ints(axes))), mul(normal, along)))
}

/**
 * vmap of an operator that normalises x [N, C, …] example by example and applies a scale and a bias per channel: the batch
 * axis joins the examples; where scale or bias differ between entries, they are applied afterwards.
 */
export function batchPerExample<A>(
  { x, scale, b }: { readonly x: Batched; readonly scale: Batched; readonly b: Batched },
  context: {
    readonly call: (inputs: { x: Value; scale: Value; b: Value }, attributes: A) => Value
    readonly attributes: A
    readonly size: number
  },
): Value {
  const { call, attributes, size } = context
  const all = ensureBatched(x, size)
  if (!scale.batched && !b.batched) {
    return unfoldBatch(call({ x: foldBatch(all), scale: scale.value, b: b.value }, attributes), size)
  }
  const [, , c = 0, ...spatial] = staticShape(all.shape, 'vmap of a normalisation')
  const plain = (value: number) => constantLike(new Array<number>(c).fill(value), [c], all)
  const y = unfoldBatch(call({ x: foldBatch(all), scale: plain(1), b: plain(0) }, attributes), size)
  const perChannel = (vector: Batched) =>
    reshapeTo(ensureBatched(vector, size), [size, 1, sizeOf([c]), ...spatial.map(() => 1)])
  return add(mul(y, perChannel(scale)), perChannel(b))
}
