import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { and } from '../../../ops/logic/and.ts'
import { where as select } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import { tanh } from '../../../ops/math/tanh.ts'
import { softmax } from '../../../ops/nn/softmax.ts'
import { reduceSum } from '../../../ops/reduce/reduce-sum.ts'
import { swapLast } from '../../../ops/shape/transpose.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import { glorotUniform, ones } from '../../initializers.ts'
import type { Layer, LayerInputs, LayerScope } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { Attended } from '../../shapes/attention.ts'
import { oneOf } from '../arguments.ts'
import { sizesAlong } from '../normalization/affine.ts'
import { type CommonOptions, common } from '../options.ts'
import { dropoutInside, rateOf } from '../regularization/dropout.ts'
import { type SeedOption, seedOf } from '../seeded.ts'
import { positionMask } from './masks.ts'

export interface AttentionOptions extends SeedOption, CommonOptions {
  /** Multiply the scores (`dot`), or what tanh is taken of (`concat`), by a learned scalar. Default false. */
  readonly useScale?: boolean
  /** `dot`: q · k. `concat`: Σ tanh(q + k) times a learned scalar. Default dot. */
  readonly scoreMode?: 'dot' | 'concat'
  /** Share of the attention weights that training drops. Default 0. */
  readonly dropout?: number
}

/**
 * Dot-product attention as Luong et al. have it (2015): softmax(q·kᵀ)·v for inputs [query, value] or [query, value, key], each
 * [batch, steps, size]. Values that a mask leaves out are not looked at; queries that it leaves out give 0. Call options:
 * `useCausalMask` and `returnAttentionScores`, which adds the weights [batch, queries, keys] as a second output.
 */
export function attention(options: AttentionOptions = {}): Layer<Attended<'attention'>> {
  const where = 'attention'
  const config = {
    useScale: options.useScale ?? false,
    scoreMode: oneOf(where, 'scoreMode', options.scoreMode ?? 'dot', ['dot', 'concat']),
    ...dropoutOptions(where, options),
  }
  return makeLayer({
    type: 'Attention',
    ...common(where, options),
    config,
    arity: { min: 2, max: 3 },
    masking: 'pass',
    call(inputs, scope) {
      const [query, value = query, key = value] = inputs
      const learned = (name: string) => scope.weight(name, { shape: [], initializer: ones() })
      const scale = config.useScale ? learned('scale') : undefined
      const scaled = (x: Value) => (scale ? mul(x, scale) : x)
      const scores =
        config.scoreMode === 'dot'
          ? scaled(matMul(query, swapLast(key)))
          : mul(sumLast(tanh(scaled(pairs(query, key)))), learned('concat_score_weight'))
      return attend(scores, inputs, config, scope)
    },
  })
}

export interface AdditiveAttentionOptions extends SeedOption, CommonOptions {
  /** Multiply tanh(q + k) by a learned vector before it is summed. Default true. */
  readonly useScale?: boolean
  /** Share of the attention weights that training drops. Default 0. */
  readonly dropout?: number
}

/** Bahdanau et al., 2015: attention with the scores Σ scale · tanh(q + k). Inputs, masks and call options are those of `attention`. */
export function additiveAttention(options: AdditiveAttentionOptions = {}): Layer<Attended<'additiveAttention'>> {
  const where = 'additiveAttention'
  const config = { useScale: options.useScale ?? true, ...dropoutOptions(where, options) }
  return makeLayer({
    type: 'AdditiveAttention',
    ...common(where, options),
    config,
    arity: { min: 2, max: 3 },
    masking: 'pass',
    call(inputs, scope) {
      const [query, value = query, key = value] = inputs
      const shape = sizesAlong(where, query, [query.shape.length - 1])
      const both = tanh(pairs(query, key))
      const scores = config.useScale ? mul(both, scope.weight('scale', { shape, initializer: glorotUniform() })) : both
      return attend(sumLast(scores), inputs, config, scope)
    },
  })
}

const dropoutOptions = (where: string, options: SeedOption & { readonly dropout?: number }) => ({
  dropout: rateOf(where, options.dropout ?? 0),
  seed: seedOf(where, options),
})

/** q + k for each query and key: [batch, queries, keys, size]. */
const pairs = (query: Value, key: Value): Value => add(unsqueeze(query, ints([-2])), unsqueeze(key, ints([-3])))
const sumLast = (x: Value): Value => reduceSum(x, ints([-1]), { keepdims: 0 })

function attend(
  scores: Value,
  [query, value = query]: LayerInputs,
  { dropout, seed }: { readonly dropout: number; readonly seed: number | null },
  scope: LayerScope,
): Value | readonly [Value, Value] {
  const [queryMask, valueMask] = scope.masks
  const seen = [
    ...(valueMask ? [unsqueeze(valueMask, ints([-2]))] : []),
    ...(scope.options['useCausalMask'] === true ? [positionMask(scores, true, null)] : []),
  ]
  const masked =
    seen.length > 0
      ? select(
          seen.reduce((a, b) => and(a, b)),
          scores,
          sub(scores, scalarLike(1e9, scores)),
        )
      : scores
  const weights = dropoutInside(softmax(masked, { axis: -1 }), dropout, seed, scope, 'dropout')
  const product = matMul(weights, value)
  const result = queryMask ? select(unsqueeze(queryMask, ints([-1])), product, scalarLike(0, product)) : product
  return scope.options['returnAttentionScores'] === true ? [result, weights] : result
}
