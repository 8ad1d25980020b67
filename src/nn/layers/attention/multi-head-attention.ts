import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape, normalizeAxes, sizeOf, staticShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sigmoid } from '../../../ops/math/sigmoid.ts'
import { expand } from '../../../ops/shape/expand.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import type { Layer, LayerInputs, LayerScope } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { HeadsOf, MultiHeaded } from '../../shapes/attention.ts'
import type { Option } from '../../shapes/functions.ts'
import { positiveInt } from '../arguments.ts'
import { common } from '../options.ts'
import { rateOf } from '../regularization/dropout.ts'
import { type SeedOption, seedOf } from '../seeded.ts'
import { attendHeads } from './attend.ts'
import { asWideAs, type Masks } from './masks.ts'
import { byHead, featuresOf, type ProjectionOptions, projectionConfig, projections } from './projection.ts'
import { type RotaryOptions, rotaryConfig, rotated } from './rotary.ts'

export interface MultiHeadAttentionOptions extends ProjectionOptions, SeedOption {
  readonly numHeads: number
  /** Size of each head's queries and keys. */
  readonly keyDim: number
  /** Size of each head's values. Default `keyDim`. */
  readonly valueDim?: number | null
  /** Share of the attention weights that training drops. Default 0. */
  readonly dropout?: number
  /** Sizes of the output behind the axes of the query's steps. Default: the query's. */
  readonly outputShape?: number | readonly number[] | null
  /** Axes that attention looks along. Default: all but those of the batch and the features. */
  readonly attentionAxes?: number | readonly number[] | null
  /** Look at positions less than this far away. Default null: at all. */
  readonly slidingWindow?: number | null
  /** Multiply each head's result by a sigmoid of the query. Default false. */
  readonly useGate?: boolean
  /** Beyond Keras: rotate queries and keys by their positions (Su et al., 2021). Default null. `{}` for the usual wavelengths. */
  readonly rotaryEmbedding?: RotaryOptions | null
}

/**
 * Vaswani et al., "Attention Is All You Need", 2017. Inputs: [query, value], [query, value, key], or those and an attention mask,
 * [batch, queries, keys] of bools; query, value and key are [batch, steps, size], the output [batch, queries, outputShape]. The masks
 * that come with the inputs count as well; one that a call gives for the queries counts for nothing, as in Keras: theirs is the one that
 * came along. Call options: `useCausalMask`, and `returnAttentionScores` for a second output
 * [batch, heads, queries, keys]. Weights are named and shaped as in Keras; Keras's flashAttention has no counterpart.
 */
export function multiHeadAttention<const O extends MultiHeadAttentionOptions>(
  options: O,
): Layer<MultiHeaded<'multiHeadAttention', HeadsOf<O>, Option<O, 'outputShape', null>>> {
  const where = 'multiHeadAttention'
  const keyDim = positiveInt(where, 'keyDim', options.keyDim)
  const given = options.outputShape ?? null
  const config = {
    numHeads: positiveInt(where, 'numHeads', options.numHeads),
    keyDim,
    valueDim: positiveInt(where, 'valueDim', options.valueDim ?? keyDim),
    dropout: rateOf(where, options.dropout ?? 0),
    outputShape: typeof given === 'number' ? [given] : given,
    attentionAxes:
      typeof options.attentionAxes === 'number' ? [options.attentionAxes] : (options.attentionAxes ?? null),
    slidingWindow: windowOf(where, options.slidingWindow),
    useGate: options.useGate ?? false,
    rotaryEmbedding: options.rotaryEmbedding ? rotaryConfig(where, options.rotaryEmbedding) : null,
    seed: seedOf(where, options),
    ...projectionConfig(options),
  }
  for (const size of config.outputShape ?? []) positiveInt(where, 'outputShape', size)
  const project = projections(where, config)
  const { numHeads, valueDim, rotaryEmbedding: rotary } = config
  return makeLayer({
    type: 'MultiHeadAttention',
    ...common(where, options),
    config,
    arity: { min: 2, max: 4 },
    masking: ofQueries,
    call(inputs, scope) {
      const [query, value = query, key = value, mask] = inputs
      const layout = new HeadLayout(where, query, config.attentionAxes)
      const heads = (name: string, x: Value, size: number, activation?: (x: Value) => Value) =>
        byHead(project(scope, name, x, [featuresOf(where, x)], [numHeads, size], activation), numHeads, size)
      const turned = (x: Value) => (rotary ? rotated(x, layout.onlyAxis(), rotary) : x)
      const q = layout.split(turned(heads('query', query, keyDim)))
      const k = layout.split(turned(heads('key', key, keyDim)))
      const gate = config.useGate ? heads('gate', query, valueDim, sigmoid) : undefined
      const v = layout.split(heads('value', value, valueDim))
      const { result, weights } = attendHeads(q, k, v, scope, {
        scale: 1 / Math.sqrt(keyDim),
        masks: { ...masksOf(scope, mask, config.slidingWindow), query: ofQueries(inputs, scope) },
        dropout: config.dropout,
        seed: config.seed,
        // As Keras, whose short way is for sequences alone.
        nothingIsZero: query.shape.length !== 3,
        widen: layout.wide(key),
      })
      const joined = layout.join(result)
      const output = project(
        scope,
        'attention_output',
        reshape(
          gate ? mul(joined, gate) : joined,
          ints([...query.shape.slice(0, -1).map(() => 0), numHeads * valueDim]),
        ),
        [numHeads, valueDim],
        config.outputShape ?? [featuresOf(where, query)],
      )
      const shaped =
        config.outputShape && config.outputShape.length > 1
          ? reshape(output, ints([...query.shape.slice(0, -1).map(() => 0), ...config.outputShape]))
          : output
      return weights && scope.options['returnAttentionScores'] === true ? [shaped, layout.scores(weights, key)] : shaped
    },
  })
}

export function windowOf(where: string, window: number | null | undefined): number | null {
  return window == null ? null : positiveInt(where, 'slidingWindow', window)
}

/**
 * The mask that came along with the queries, which is what is handed on, unless the call says that they have none: one that the call
 * gives is for the layer alone.
 */
export const ofQueries = (_: LayerInputs, { masks, ownMasks }: LayerScope): Value | undefined => masks[0] && ownMasks[0]

/** The masks that came with query, value and key, the one given, and those of this call's options. */
export function masksOf(scope: LayerScope, attention: Value | undefined, window: number | null): Masks {
  const [query, value, key] = scope.masks
  return { query, value, key, attention, causal: scope.options['useCausalMask'] === true, window }
}

/** Moves projected values [batch, …, heads, size] to [batch, …, heads, attended, size], the attended axes as one, and back. */
class HeadLayout {
  private readonly axes: readonly number[]
  private readonly perm: readonly number[]

  constructor(
    private readonly where: string,
    private readonly query: Value,
    attentionAxes: readonly number[] | null,
  ) {
    const rank = query.shape.length
    const inner = Array.from({ length: rank - 2 }, (_, i) => i + 1)
    this.axes = attentionAxes ? normalizeAxes(attentionAxes, rank, where) : inner
    if (this.axes.length === 0 || !this.axes.every(axis => inner.includes(axis))) {
      throw new ArgumentError({
        where,
        expected: "'attentionAxes' to lie between the batch axis and the features",
        received: JSON.stringify(attentionAxes),
      })
    }
    this.perm = [0, ...inner.filter(axis => !this.axes.includes(axis)), rank - 1, ...this.axes, rank]
  }

  /** The axis of positions, where there is one. */
  onlyAxis(): number {
    const [axis = 1, ...others] = this.axes
    if (others.length === 0) return axis
    throw new ArgumentError({
      where: this.where,
      expected: "one of 'attentionAxes' for a rotary embedding",
      received: `${this.axes.length}`,
    })
  }

  split(x: Value): Value {
    const moved = transpose(x, { perm: this.perm })
    if (this.axes.length === 1) return moved
    const front = this.perm.length - this.axes.length - 1
    return reshape(moved, ints([...new Array<number>(front).fill(0), -1, Number(x.shape.at(-1))]))
  }

  join(x: Value): Value {
    const front = x.shape.slice(0, -2).map(() => 0)
    const apart =
      this.axes.length === 1 ? x : reshape(x, ints([...front, ...this.sizes(this.query), Number(x.shape.at(-1))]))
    return transpose(apart, { perm: this.perm.map((_, axis) => this.perm.indexOf(axis)) })
  }

  /** Weights with the attended axes apart again. */
  scores(weights: Value, key: Value): Value {
    if (this.axes.length === 1) return weights
    const front = weights.shape.slice(0, -2).map(() => 0)
    return reshape(weights, ints([...front, ...this.sizes(this.query), ...this.sizes(key)]))
  }

  /** How a mask over the attended axes broadcasts to scores that have them as one. */
  wide(key: Value): (mask: Value, scores: Value) => Value {
    const count = this.axes.length
    return (mask, scores) => {
      if (count === 1) return asWideAs(mask, scores, 2)
      const sizes = [...this.sizes(this.query), ...this.sizes(key)]
      if (mask.shape.length < 2 * count) {
        throw new ShapeError({
          where: this.where,
          expected: `a mask with the ${count} attended axes of the query and of the key`,
          received: formatShape(mask.shape),
        })
      }
      const front = mask.shape.slice(0, -2 * count)
      const full = expand(mask, ints([...front.map(() => 1), ...sizes]))
      const merged = [sizeOf(sizes.slice(0, count)), sizeOf(sizes.slice(count))]
      return asWideAs(reshape(full, ints([...front.map(() => 0), ...merged])), scores, 2)
    }
  }

  private sizes(x: Value): readonly number[] {
    return staticShape(
      this.axes.map(axis => x.shape[axis] ?? 1),
      this.where,
    )
  }
}
