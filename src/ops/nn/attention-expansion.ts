import { staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints, scalarLike } from '../constants.ts'
import { and } from '../logic/and.ts'
import { where } from '../logic/where.ts'
import { add } from '../math/add.ts'
import { cast } from '../math/cast.ts'
import { matMul } from '../math/mat-mul.ts'
import { mul } from '../math/mul.ts'
import { tanh } from '../math/tanh.ts'
import { expand } from '../shape/expand.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { swapLast, transpose } from '../shape/transpose.ts'
import { unsqueeze } from '../shape/unsqueeze.ts'
import { softmax } from './softmax.ts'

/** What the fused attention operators stand for, over [batch, heads, steps, size]: gradients go through it. */

/** [batch, steps, heads · size] → [batch, heads, steps, size]. */
export function apart(x: Value, heads: number): Value {
  const [batch = 0, steps = 0, width = 0] = staticShape(x.shape, 'gradient of attention')
  return transpose(reshapeTo(x, [batch, steps, heads, width / heads]), { perm: [0, 2, 1, 3] })
}

/** The inverse. */
export function together(x: Value): Value {
  const [batch = 0, heads = 0, steps = 0, size = 0] = staticShape(x.shape, 'gradient of attention')
  return reshapeTo(transpose(x, { perm: [0, 2, 1, 3] }), [batch, steps, heads * size])
}

/** Each head of keys or values as often as a group of queries shares it. */
export function repeatHeads(x: Value, heads: number): Value {
  const [batch = 0, shared = 0, steps = 0, size = 0] = staticShape(x.shape, 'gradient of attention')
  if (shared === heads) return x
  const each = heads / shared
  return reshapeTo(expand(unsqueeze(x, ints([2])), ints([batch, shared, each, steps, size])), [
    batch,
    heads,
    steps,
    size,
  ])
}

/** Query i sees the keys up to i + offset: bool [queries, keys]. */
export function causal(queries: number, keys: number, offset: number): Value {
  const seen = Array.from({ length: queries * keys }, (_, at) => Number(at % keys <= Math.floor(at / keys) + offset))
  return constant(seen, [queries, keys], 'bool')
}

interface Scores {
  readonly scale: number
  readonly bias?: Value | undefined
  /** Scores c·tanh(score / c); 0: as they are. */
  readonly softcap?: number
  /** What may be looked at, bool; a query that may look at nothing gets zeros. */
  readonly allowed?: readonly Value[]
}

/** softmax(cap(q·kᵀ·scale) + bias)·v, and the scores at each stage: scaled, capped, with bias, normalised. */
export function attend(q: Value, k: Value, v: Value, { scale, bias, softcap = 0, allowed = [] }: Scores) {
  const scaled = mul(matMul(q, swapLast(k)), scalarLike(scale, q))
  const capped = softcap > 0 ? mul(tanh(mul(scaled, scalarLike(1 / softcap, q))), scalarLike(softcap, q)) : scaled
  const biased = bias ? add(capped, bias) : capped
  const [first, ...others] = allowed
  const mask = first && others.reduce((a, b) => and(a, b), first)
  // The most negative number of all float types stands for −∞, which would make gradients of hidden scores NaN.
  const weights = mask
    ? mul(softmax(where(mask, biased, scalarLike(-65504, q))), cast(mask, { to: q.dtype }))
    : softmax(biased)
  return { y: matMul(weights, v), scores: [scaled, capped, biased, weights] as const }
}
