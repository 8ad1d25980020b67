import { ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape } from '../../core/shape.ts'
import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { requireFloat, requireRank } from '../infer.ts'
import { countedSize } from '../nn/conv-shape.ts'

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
  vjp: nondiff(
    'the fused kernel keeps no attention weights; build attention from MatMul and Softmax where it has to be trained',
  ),
  batch: unrolled,
  samples: [{ query: [2, 3, 8], key: [2, 5, 8], value: [2, 5, 8], attrs: { num_heads: 2 } }],
  // Keys and values by head are for models that keep them.
  countOutputs: () => 1,
  traits: { flops: node => 4 * countedSize([...(node.inputs[0]?.shape ?? []), node.inputs[1]?.shape[1] ?? 1]) },
})
