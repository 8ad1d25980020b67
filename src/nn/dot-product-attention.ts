import { staticDim } from '../core/shape.ts'
import type { Value } from '../graph/value.ts'
import { constantLike, ints } from '../ops/constants.ts'
import { fusedMatMul } from '../ops/contrib/fused-mat-mul.ts'
import { add } from '../ops/math/add.ts'
import { matMul } from '../ops/math/mat-mul.ts'
import { softmax } from '../ops/nn/softmax.ts'
import { concat } from '../ops/shape/concat.ts'
import { slice } from '../ops/shape/slice.ts'
import { split } from '../ops/shape/split.ts'

export interface DotProductAttentionOptions {
  /** Factor of the scores. Default 1/√size. */
  readonly scale?: number
  /** A position looks at itself and what came before it, never ahead. */
  readonly causal?: boolean
}

/** Queries are taken in blocks of this many, so that causal ones skip the keys that all of a block may not see. */
const block = 128

/**
 * softmax(q·kᵀ·scale)·v (Vaswani et al., "Attention Is All You Need", 2017): queries [batch, heads, steps, size], keys and values
 * [batch, heads, steps, size], result like the queries. Causal attention over 256 steps computes 3/4 of the scores, over many
 * steps little more than half, and as much less in the backward pass.
 */
export function dotProductAttention(q: Value, k: Value, v: Value, options: DotProductAttentionOptions = {}): Value {
  const steps = staticDim(q.shape.at(-2), q.shape)
  const size = staticDim(q.shape.at(-1), q.shape)
  const { scale = 1 / Math.sqrt(size), causal = false } = options
  const attend = (queries: Value, from: number, keys: Value, values: Value): Value => {
    const scores = fusedMatMul(queries, keys, { transB: 1, alpha: scale })
    return matMul(softmax(causal ? add(scores, ahead(from, scores)) : scores, { axis: -1 }), values)
  }
  if (!causal || steps <= block) return attend(q, 0, k, v)
  const count = Math.ceil(steps / block)
  const lengths = Array.from({ length: count }, (_, i) => Math.min(block, steps - i * block))
  const results = split(q, ints(lengths), { axis: -2 }).map((queries, i) => {
    const end = Math.min(steps, (i + 1) * block)
    const seen = (x: Value) => (end === steps ? x : slice(x, ints([0]), ints([end]), ints([-2])))
    return attend(queries, i * block, seen(k), seen(v))
  })
  return concat(results, { axis: -2 })
}

/** 0 where query `from` + i may look at key j, −∞ (well, −1e9) where that would be ahead of it. */
function ahead(from: number, scores: Value): Value {
  const rows = staticDim(scores.shape.at(-2), scores.shape)
  const columns = staticDim(scores.shape.at(-1), scores.shape)
  const mask = Array.from({ length: rows * columns }, (_, at) =>
    at % columns > from + Math.floor(at / columns) ? -1e9 : 0,
  )
  return constantLike(mask, [rows, columns], scores)
}
