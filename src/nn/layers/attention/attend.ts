import { isStatic } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { scalarLike } from '../../../ops/constants.ts'
import { fusedMatMul } from '../../../ops/contrib/fused-mat-mul.ts'
import { where as select } from '../../../ops/logic/where.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'
import { softmax } from '../../../ops/nn/softmax.ts'
import { dotProductAttention } from '../../dot-product-attention.ts'
import type { LayerScope } from '../../layer.ts'
import { maskedSoftmax } from '../activations/softmax.ts'
import { dropoutInside } from '../regularization/dropout.ts'
import { asWideAs, attentionMask, type Masks } from './masks.ts'

export interface AttendOptions {
  /** Factor of the scores. */
  readonly scale: number
  readonly masks: Masks
  readonly dropout: number
  readonly seed: number | null
  /** A query that sees nothing gets 0, and not the mean of all values. Default: where the weights are kept. */
  readonly nothingIsZero?: boolean
  /** Makes a mask broadcast to the scores. Default: its last two axes are theirs. */
  readonly widen?: (mask: Value, scores: Value) => Value
}

/**
 * softmax(q·kᵀ·scale)·v for queries […, queries, size], keys and values […, keys, size]; axes in front broadcast. Returns the
 * result and the weights, which the shortest way does not have.
 */
export function attendHeads(
  q: Value,
  k: Value,
  v: Value,
  scope: LayerScope,
  { scale, masks, dropout, seed, nothingIsZero, widen = (mask, scores) => asWideAs(mask, scores, 2) }: AttendOptions,
): { readonly result: Value; readonly weights: Value | undefined } {
  // Keras has two ways as well: the one that keeps its weights gives 0 to a query that sees nothing, the other the mean of all values.
  const { causal, window, ...others } = masks
  const hides = window != null || Object.values(others).some(mask => mask !== undefined)
  const keepsWeights =
    dropout > 0 || scope.options['returnAttentionScores'] === true || (hides && nothingIsZero === true)
  if (!keepsWeights && !hides && causal && isStatic([...q.shape.slice(-2), ...k.shape.slice(-2)])) {
    return { result: dotProductAttention(q, k, v, { scale, causal: true }), weights: undefined }
  }
  const scores = fusedMatMul(q, k, { transB: 1, alpha: scale })
  const narrow = attentionMask(scores, masks)
  const mask = narrow && widen(narrow, scores)
  if (!keepsWeights) {
    const seen = mask ? select(mask, scores, scalarLike(-1e9, scores)) : scores
    return { result: matMul(softmax(seen, { axis: -1 }), v), weights: undefined }
  }
  const weights = maskedSoftmax(scores, [-1], mask)
  return { result: matMul(dropoutInside(weights, dropout, seed, scope, 'dropout'), v), weights }
}
