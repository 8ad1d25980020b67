import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { neg } from '../math/neg.ts'
import { countedSize } from '../nn/conv-shape.ts'

const attrs = {
  interleaved: attr.int(0),
  is_packed_batching: attr.int(0),
  num_heads: attr.int(0),
  rotary_embedding_dim: attr.int(0),
  scale: attr.float(1),
}

/** ONNX Runtime's own RotaryEmbedding, from before opset 23: the same rotation, its inputs in another order. */
export const rotaryEmbeddingMicrosoft: Op<['x', 'position_ids', 'cos_cache', 'sin_cache'], ['y'], typeof attrs> =
  defineOp({
    type: 'RotaryEmbedding',
    domain: 'com.microsoft',
    since: 1,
    inputs: ['x', 'position_ids', 'cos_cache', 'sin_cache'],
    attrs,
    infer: ({ x, cos_cache, sin_cache }) => {
      requireFloat('com.microsoft.RotaryEmbedding', x)
      return { dtype: sameDType('com.microsoft.RotaryEmbedding', x, cos_cache, sin_cache), shape: x.shape }
    },
    // The adjoint of a rotation is the rotation back.
    vjp: ({ position_ids, cos_cache, sin_cache }, _y, dy, attributes) => ({
      x: rotaryEmbeddingMicrosoft(dy, position_ids, cos_cache, neg(sin_cache), attributes),
      position_ids: nondiff('positions are integers'),
      cos_cache: nondiff('the caches are tables of cosines and sines, not parameters'),
      sin_cache: nondiff('the caches are tables of cosines and sines, not parameters'),
    }),
    batch: unrolled,
    samples: [
      {
        x: [1, 3, 8],
        position_ids: { values: [1], shape: [1] },
        cos_cache: { values: [1, 1, 0.54, 0.995, -0.416, 0.98, -0.99, 0.955], shape: [4, 2], dtype: 'float32' },
        sin_cache: { values: [0, 0, 0.841, 0.1, 0.909, 0.199, 0.141, 0.296], shape: [4, 2], dtype: 'float32' },
        attrs: { num_heads: 2, rotary_embedding_dim: 4 },
      },
    ],
    traits: { flops: node => 3 * countedSize(node.inputs[0]?.shape ?? []) },
  })
