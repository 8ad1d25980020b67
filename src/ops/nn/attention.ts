import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, type Shape } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import type { TensorType } from '../../graph/value.ts'
import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { countedSize } from './conv-shape.ts'

const attrs = {
  is_causal: attr.int(0),
  kv_num_heads: attr.int(),
  q_num_heads: attr.int(),
  qk_matmul_output_mode: attr.int(0),
  scale: attr.float(),
  softcap: attr.float(0),
  softmax_precision: attr.int(),
}
type Names = ['q', 'k', 'v', 'attn_mask?', 'past_key?', 'past_value?']

/**
 * Scaled dot-product attention, softmax(q·kᵀ·scale + mask)·v, over [batch, heads, steps, size] or [batch, steps,
 * heads · size] (Vaswani et al., 2017); fewer heads of k and v are shared by groups of q's. Further outputs: the keys and
 * values with the past ones in front, and the scores. https://onnx.ai/onnx/operators/onnx__Attention.html
 */
export const attention: Op<Names, ['y', 'present_key?', 'present_value?', 'qk_matmul_output?'], typeof attrs> =
  defineOp({
    type: 'Attention',
    since: 23,
    inputs: ['q', 'k', 'v', 'attn_mask?', 'past_key?', 'past_value?'],
    outputs: ['y', 'present_key?', 'present_value?', 'qk_matmul_output?'],
    attrs,
    infer: ({ q, k, v, past_key: past }, { q_num_heads, kv_num_heads }) => {
      requireFloat('Attention', q)
      const dtype = sameDType('Attention', q, k)
      const [batch, heads, steps] = byHead('q', q, q_num_heads)
      const [, shared, keys, size] = byHead('k', k, kv_num_heads)
      const [, , , wide] = byHead('v', v, kv_num_heads)
      if (typeof heads === 'number' && typeof shared === 'number' && heads % shared !== 0) {
        throw new ShapeError({
          where: 'Attention',
          expected: 'a number of query heads that the key heads divide',
          received: `${heads} and ${shared}`,
        })
      }
      const before = past?.shape[2]
      const all: Dim =
        before === undefined
          ? keys
          : typeof before === 'number' && typeof keys === 'number'
            ? before + keys
            : `${before}+${keys}`
      const flat: Dim = typeof heads === 'number' && typeof wide === 'number' ? heads * wide : `${heads}*${wide}`
      return {
        y: { dtype, shape: q.shape.length === 3 ? [batch, steps, flat] : [batch, heads, steps, wide] },
        present_key: { dtype, shape: [batch, shared, all, size] },
        present_value: { dtype: v.dtype, shape: [batch, shared, all, wide] },
        qk_matmul_output: { dtype, shape: [batch, heads, steps, all] },
      }
    },
    vjp: nondiff(
      'the fused kernel keeps no attention weights; build attention from MatMul and Softmax where it has to be trained',
    ),
    batch: unrolled,
    samples: [
      { q: [2, 2, 3, 4], k: [2, 2, 5, 4], v: [2, 2, 5, 4] },
      { q: [1, 3, 8], k: [1, 3, 4], v: [1, 3, 4], attrs: { q_num_heads: 2, kv_num_heads: 1, is_causal: 1 } },
    ],
    traits: { flops: attentionFlops },
  })

/** [batch, heads, steps, size] of an input in either layout. */
function byHead(name: string, x: TensorType, heads: number | undefined): readonly [Dim, Dim, Dim, Dim] {
  const [a = 0, b = 0, c = 0, d = 0] = x.shape
  if (x.shape.length === 4) return [a, b, c, d]
  if (x.shape.length !== 3) {
    throw new ShapeError({ where: 'Attention', expected: `'${name}' of rank 3 or 4`, received: formatShape(x.shape) })
  }
  if (!heads || (typeof c === 'number' && c % heads !== 0)) {
    throw new ArgumentError({
      where: 'Attention',
      expected: `a number of heads that divides ${c}, the width of '${name}'`,
      received: String(heads),
    })
  }
  return [a, heads, b, typeof c === 'number' ? c / heads : `${c}/${heads}`]
}

/** Two products: scores, and weighted values. */
function attentionFlops(node: Node): number {
  const [q, k] = node.inputs
  const steps = (shape: Shape) => shape.at(-2) ?? 1
  return q && k ? 4 * countedSize([...q.shape, steps(k.shape)]) : 0
}
