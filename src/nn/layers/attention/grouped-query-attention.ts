import { ArgumentError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sigmoid } from '../../../ops/math/sigmoid.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { MultiHeaded } from '../../shapes/attention.ts'
import { positiveInt } from '../arguments.ts'
import { activityPenalty, common } from '../options.ts'
import { rateOf } from '../regularization/dropout.ts'
import { type SeedOption, seedOf } from '../seeded.ts'
import { attendHeads } from './attend.ts'
import { masksOf, ofQueries, windowOf } from './multi-head-attention.ts'
import { byHead, featuresOf, type ProjectionOptions, projectionConfig, projections } from './projection.ts'
import { type RotaryOptions, rotaryConfig, rotated } from './rotary.ts'

export interface GroupedQueryAttentionOptions extends ProjectionOptions, SeedOption {
  /** Size of each head. */
  readonly headDim: number
  readonly numQueryHeads: number
  /** Number of heads of keys and values, which the number of query heads is a multiple of. */
  readonly numKeyValueHeads: number
  /** Share of the attention weights that training drops. Default 0. */
  readonly dropout?: number
  /** Look at positions less than this far away. Default null: at all. */
  readonly slidingWindow?: number | null
  /** Multiply each head's result by a sigmoid of the query. Default false. */
  readonly useGate?: boolean
  /** Beyond Keras: rotate queries and keys by their positions (Su et al., 2021). Default null. `{}` for the usual wavelengths. */
  readonly rotaryEmbedding?: RotaryOptions | null
}

/**
 * Ainslie et al., "GQA", 2023: multi-head attention whose heads of keys and values are each shared by a group of query heads; with one
 * it is multi-query attention. Inputs, masks and call options are those of `multiHeadAttention`, for [batch, steps, size] only.
 */
export function groupedQueryAttention<const H extends number>(
  options: GroupedQueryAttentionOptions & { readonly numQueryHeads: H },
): Layer<MultiHeaded<'groupedQueryAttention', H, null>> {
  const where = 'groupedQueryAttention'
  const config = {
    headDim: positiveInt(where, 'headDim', options.headDim),
    numQueryHeads: positiveInt(where, 'numQueryHeads', options.numQueryHeads),
    numKeyValueHeads: positiveInt(where, 'numKeyValueHeads', options.numKeyValueHeads),
    dropout: rateOf(where, options.dropout ?? 0),
    slidingWindow: windowOf(where, options.slidingWindow),
    useGate: options.useGate ?? false,
    rotaryEmbedding: options.rotaryEmbedding ? rotaryConfig(where, options.rotaryEmbedding) : null,
    seed: seedOf(where, options),
    ...projectionConfig(options),
  }
  const { headDim: size, numQueryHeads: heads, numKeyValueHeads: shared, rotaryEmbedding: rotary } = config
  if (heads % shared !== 0) {
    throw new ArgumentError({
      where,
      expected: "'numQueryHeads' to be a multiple of 'numKeyValueHeads'",
      received: `${heads} and ${shared}`,
    })
  }
  const project = projections(where, config)
  // Keras counts the output of the last projection twice, as that layer's and as this one's, and the scores where they are returned.
  const penalized = activityPenalty(where, config.activityRegularizer)
  const group = heads / shared
  const grouped = group > 1 && shared > 1
  return makeLayer({
    type: 'GroupedQueryAttention',
    ...common(where, options),
    config,
    arity: { min: 2, max: 4 },
    masking: ofQueries,
    call(inputs, scope) {
      const [query, value = query, key = value, mask] = inputs
      const by = (name: string, x: Value, count: number, activation?: (x: Value) => Value) =>
        byHead(project(scope, name, x, [featuresOf(where, x)], [count, size], activation), count, size)
      const turned = (x: Value) => (rotary ? rotated(x, 1, rotary) : x)
      // Where heads are shared by groups, these get an axis of their own, which keys and values broadcast along.
      const q = turned(by('query', query, heads))
      const queries = grouped
        ? transpose(reshape(q, ints([0, 0, shared, group, size])), { perm: [0, 2, 3, 1, 4] })
        : transpose(q, { perm: [0, 2, 1, 3] })
      const steps = (x: Value) => {
        const first = transpose(x, { perm: [0, 2, 1, 3] })
        return grouped ? unsqueeze(first, ints([2])) : first
      }
      const k = steps(turned(by('key', key, shared)))
      const gate = config.useGate ? by('gate', query, heads, sigmoid) : undefined
      const v = steps(by('value', value, shared))
      const { result, weights } = attendHeads(queries, k, v, scope, {
        scale: 1 / Math.sqrt(size),
        masks: masksOf(scope, mask, config.slidingWindow),
        dropout: config.dropout,
        seed: config.seed,
      })
      const joined = transpose(result, { perm: grouped ? [0, 3, 1, 2, 4] : [0, 2, 1, 3] })
      const flat = (x: Value) => reshape(x, ints([0, 0, heads * size]))
      const features = [featuresOf(where, query)]
      const gated = gate ? mul(flat(joined), flat(gate)) : flat(joined)
      const output = penalized(scope, project(scope, 'attention_output', gated, [heads, size], features))
      if (!weights || scope.options['returnAttentionScores'] !== true) return output
      return [output, penalized(scope, mergedHeads(weights))]
    },
  })

  /** [batch, shared, group, queries, keys] → [batch, heads, queries, keys], also where the numbers of steps are open. */
  function mergedHeads(weights: Value): Value {
    if (!grouped) return weights
    const last = transpose(weights, { perm: [0, 3, 4, 1, 2] })
    return transpose(reshape(last, ints([0, 0, 0, heads])), { perm: [0, 3, 1, 2] })
  }
}
