import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { neg } from '../math/neg.ts'
import { countedSize } from './conv-shape.ts'

// Five positions of two frequencies, for the samples.
const angles = [0, 0, 1, 0.1, 2, 0.2, 3, 0.3, 4, 0.4]
const cosines = angles.map(Math.cos)
const sines = angles.map(Math.sin)

const attrs = { interleaved: attr.int(0), num_heads: attr.int(), rotary_embedding_dim: attr.int(0) }

/**
 * Rotates pairs of features by an angle that grows with the position (Su et al., 2021). x is [batch, heads, steps, size] or
 * [batch, steps, heads · size]; the caches hold cosines and sines, [positions, size/2], or per step without `position_ids`.
 */
export const rotaryEmbedding: Op<['x', 'cos_cache', 'sin_cache', 'position_ids?'], ['y'], typeof attrs> = defineOp({
  type: 'RotaryEmbedding',
  since: 23,
  inputs: ['x', 'cos_cache', 'sin_cache', 'position_ids?'],
  attrs,
  infer: ({ x, cos_cache, sin_cache }, { num_heads: heads }) => {
    requireFloat('RotaryEmbedding', x)
    if (x.shape.length !== 3 && x.shape.length !== 4) {
      throw new ShapeError({
        where: 'RotaryEmbedding',
        expected: 'a tensor of rank 3 or 4',
        received: formatShape(x.shape),
      })
    }
    if (x.shape.length === 3 && !heads) {
      throw new ArgumentError({
        where: 'RotaryEmbedding',
        expected: 'num_heads, since the input has no axis of heads',
        received: 'nothing',
      })
    }
    return { dtype: sameDType('RotaryEmbedding', x, cos_cache, sin_cache), shape: x.shape }
  },
  // A rotation's adjoint is the rotation back: the same one with the sines negated.
  vjp: ({ cos_cache, sin_cache, position_ids }, _y, dy, attributes) => ({
    x: rotaryEmbedding(dy, cos_cache, neg(sin_cache), position_ids, attributes),
    cos_cache: nondiff('the caches are tables of cosines and sines, not parameters'),
    sin_cache: nondiff('the caches are tables of cosines and sines, not parameters'),
    position_ids: nondiff('positions are integers'),
  }),
  batch: unrolled,
  samples: [
    {
      x: [2, 2, 3, 4],
      cos_cache: { values: cosines, shape: [5, 2], dtype: 'float32' },
      sin_cache: { values: sines, shape: [5, 2], dtype: 'float32' },
      position_ids: { values: [0, 1, 2, 2, 3, 4], shape: [2, 3] },
    },
    {
      x: [1, 5, 8],
      cos_cache: { values: cosines, shape: [1, 5, 2], dtype: 'float32' },
      sin_cache: { values: sines, shape: [1, 5, 2], dtype: 'float32' },
      attrs: { num_heads: 2, interleaved: 1 },
    },
  ],
  traits: { flops: node => 3 * countedSize(node.inputs[0]?.shape ?? []) },
})
