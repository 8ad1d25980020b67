import { NotDifferentiableError, ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, staticDim, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../constants.ts'
import { type AttributesOf, attr, defineOp, type Inputs, type Op, unrolled } from '../define.ts'
import { gradientsThrough } from '../expansion.ts'
import { requireFloat, requireRank } from '../infer.ts'
import { equal } from '../logic/equal.ts'
import { add } from '../math/add.ts'
import { cast } from '../math/cast.ts'
import { mul } from '../math/mul.ts'
import { apart, attend, causal, together } from '../nn/attention-expansion.ts'
import { countedSize } from '../nn/conv-shape.ts'
import { concat } from '../shape/concat.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { slice } from '../shape/slice.ts'

const attrs = {
  mask_filter_value: attr.float(-10000),
  num_heads: attr.required.int(),
  scale: attr.float(),
  unidirectional: attr.int(0),
}
type Names = ['query', 'key', 'value', 'bias?', 'key_padding_mask?', 'attention_bias?', 'past_key?', 'past_value?']

/** Attention of several heads over query, key and value [batch, steps, width]; further outputs: the keys and values by head. */
export const multiHeadAttention: Op<Names, ['y', 'present_key?', 'present_value?'], typeof attrs> = defineOp({
  type: 'MultiHeadAttention',
  domain: 'com.microsoft',
  since: 1,
  inputs: ['query', 'key', 'value', 'bias?', 'key_padding_mask?', 'attention_bias?', 'past_key?', 'past_value?'],
  outputs: ['y', 'present_key?', 'present_value?'],
  attrs,
  infer: ({ query, key, value, past_key: past }, { num_heads: heads }, outputCount) => {
    requireFloat('MultiHeadAttention', query)
    for (const input of [query, key, value]) requireRank('MultiHeadAttention', input, 3, '[batch, steps, width]')
    const [batch = 0, steps = 0, width = 0] = query.shape
    const [, keys = 0] = key.shape
    const [, , wide = 0] = value.shape
    if ([width, wide].some(dim => typeof dim === 'number' && dim % heads !== 0)) {
      throw new ShapeError({
        where: 'MultiHeadAttention',
        expected: `widths that ${heads} heads divide`,
        received: `${formatShape(query.shape)} and ${formatShape(value.shape)}`,
      })
    }
    const perHead = (dim: Dim): Dim => (typeof dim === 'number' ? dim / heads : `${dim}/${heads}`)
    const before = past?.shape[2]
    const all: Dim =
      before === undefined
        ? keys
        : typeof before === 'number' && typeof keys === 'number'
          ? before + keys
          : `${before}+${keys}`
    const { dtype } = query
    return {
      y: { dtype, shape: [batch, steps, wide] },
      present_key: outputCount > 1 ? { dtype, shape: [batch, heads, all, perHead(width)] } : undefined,
      present_value: outputCount > 2 ? { dtype, shape: [batch, heads, all, perHead(wide)] } : undefined,
    }
  },
  // The fused kernel keeps no attention weights: they are computed again.
  vjp: (inputs, _, grads, attributes, walks) => {
    const { y, keys, values } = expansion(inputs, attributes)
    return gradientsThrough(inputs, [y, keys, values], [grads.y, grads.present_key, grads.present_value], walks)
  },
  batch: unrolled,
  samples: [
    { query: [2, 3, 8], key: [2, 5, 8], value: [2, 5, 8], attrs: { num_heads: 2 } },
    {
      query: [1, 3, 8],
      key: [1, 3, 8],
      value: [1, 3, 8],
      bias: [24],
      attention_bias: [1, 2, 3, 3],
      attrs: { num_heads: 2, scale: 0.4 },
    },
    {
      query: [2, 2, 4],
      key: [2, 3, 4],
      value: [2, 3, 4],
      key_padding_mask: { values: [1, 1, 0, 1, 1, 1], shape: [2, 3], dtype: 'int32' },
      attrs: { num_heads: 1 },
    },
  ],
  // Keys and values by head are for models that keep them.
  countOutputs: () => 1,
  traits: { flops: node => 4 * countedSize([...(node.inputs[0]?.shape ?? []), node.inputs[1]?.shape[1] ?? 1]) },
})

/** The outputs, made of products and a Softmax. */
function expansion(
  { query, key, value, bias, key_padding_mask: padding, attention_bias, past_key, past_value }: Inputs<Names>,
  { num_heads: heads, scale, mask_filter_value, unidirectional }: AttributesOf<typeof attrs>,
): { readonly y: Value; readonly keys: Value; readonly values: Value } {
  const where = 'gradient of MultiHeadAttention'
  const [batch = 0, steps = 0, width = 0] = staticShape(query.shape, where)
  let start = 0
  const projected = [query, key, value].map(x => {
    const size = staticShape(x.shape, where)[2] ?? 0
    const own = bias && slice(bias, ints([start]), ints([start + size]), ints([0]))
    start += size
    return apart(own ? add(x, own) : x, heads)
  })
  const [q = query, k = key, v = value] = projected
  const keys = past_key ? concat([past_key, k], { axis: 2 }) : k
  const values = past_value ? concat([past_value, v], { axis: 2 }) : v
  const all = staticShape(keys.shape, where)[2] ?? 0
  if (padding && padding.shape.length !== 2 && padding.shape.length !== 3) {
    throw new NotDifferentiableError({
      where,
      expected: 'a key_padding_mask of shape [batch, keys] or [batch, queries, keys]',
      received: formatShape(padding.shape),
    })
  }
  if (unidirectional && staticDim(key.shape[1], key.shape) !== steps) {
    // The engine lets the last query see all keys whatever their number, and is not followed there.
    throw new NotDifferentiableError({
      where,
      expected: `as many new keys as queries (${steps}) with unidirectional`,
      received: formatShape(key.shape),
    })
  }
  // Keys that are padding get a large negative score.
  const hidden =
    padding &&
    mul(cast(equal(padding, scalarLike(0, padding)), { to: query.dtype }), scalarLike(mask_filter_value, query))
  const rows = padding?.shape.length === 3 ? steps : 1
  const biases = [attention_bias, hidden && reshapeTo(hidden, [batch, 1, rows, all])].flatMap(one => (one ? [one] : []))
  const [first, ...others] = biases
  const { y } = attend(q, keys, values, {
    scale: scale ?? 1 / Math.sqrt(width / heads),
    bias: first && others.reduce((a, b) => add(a, b), first),
    allowed: unidirectional ? [causal(steps, all, all - steps)] : [],
  })
  return { y: together(y), keys, values }
}
