import { ArgumentError, NotDifferentiableError, ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, type Shape, staticDim, staticShape } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import type { TensorType, Value } from '../../graph/value.ts'
import { type AttributesOf, attr, defineOp, type Inputs, type Op, unrolled } from '../define.ts'
import { gradientsThrough } from '../expansion.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { concat } from '../shape/concat.ts'
import { apart, attend, causal, repeatHeads, together } from './attention-expansion.ts'
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
    // The fused kernel keeps no attention weights: they are computed again.
    vjp: (inputs, _, grads, attributes, walks) => {
      const { y, keys, values, scores } = expansion(inputs, attributes)
      return gradientsThrough(
        inputs,
        [y, keys, values, scores],
        [grads.y, grads.present_key, grads.present_value, grads.qk_matmul_output],
        walks,
      )
    },
    batch: unrolled,
    samples: [
      { q: [2, 2, 3, 4], k: [2, 2, 5, 4], v: [2, 2, 5, 4] },
      { q: [1, 3, 8], k: [1, 3, 4], v: [1, 3, 4], attrs: { q_num_heads: 2, kv_num_heads: 1, is_causal: 1 } },
      { q: [1, 2, 3, 4], k: [1, 2, 3, 4], v: [1, 2, 3, 2], attn_mask: [3, 3], attrs: { scale: 0.7, softcap: 1.5 } },
      {
        q: [2, 2, 2, 4],
        k: [2, 2, 3, 4],
        v: [2, 2, 3, 4],
        attn_mask: { values: [1, 0, 1, 0, 1, 1], shape: [2, 3], dtype: 'bool' },
      },
      { q: [1, 2, 2, 4], k: [1, 1, 2, 4], v: [1, 1, 2, 4], past_key: [1, 1, 2, 4], past_value: [1, 1, 2, 4] },
    ],
    traits: { flops: attentionFlops },
  })

/** The outputs, made of products and a Softmax. */
function expansion(
  { q, k, v, attn_mask: mask, past_key, past_value }: Inputs<Names>,
  attributes: AttributesOf<typeof attrs>,
): { readonly y: Value; readonly keys: Value; readonly values: Value; readonly scores: Value | undefined } {
  const { q_num_heads: heads = 0, kv_num_heads: shared = 0, is_causal, softcap, qk_matmul_output_mode } = attributes
  const byHeads = (x: Value, count: number) => (x.shape.length === 3 ? apart(x, count) : x)
  const after = (x: Value, past: Value | undefined) => (past ? concat([past, x], { axis: 2 }) : x)
  const queries = byHeads(q, heads)
  const keys = after(byHeads(k, shared), past_key)
  const values = after(byHeads(v, shared), past_value)
  const [, count = 0, steps = 0, size = 1] = staticShape(queries.shape, 'gradient of Attention')
  const [, , all = 0] = staticShape(keys.shape, 'gradient of Attention')
  if (mask && mask.shape.at(-1) !== all) {
    throw new NotDifferentiableError({
      where: 'gradient of Attention',
      expected: `a mask over all ${all} keys`,
      received: formatShape(mask.shape),
    })
  }
  const { y, scores } = attend(queries, repeatHeads(keys, count), repeatHeads(values, count), {
    scale: attributes.scale ?? 1 / Math.sqrt(size),
    softcap,
    bias: mask?.dtype === 'bool' ? undefined : mask,
    allowed: [
      ...(mask?.dtype === 'bool' ? [mask] : []),
      ...(is_causal ? [causal(steps, all, all - staticDim(k.shape.at(-2), k.shape))] : []),
    ],
  })
  return {
    y: q.shape.length === 3 ? together(y) : y,
    keys,
    values,
    scores: scores[qk_matmul_output_mode],
  }
}

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
