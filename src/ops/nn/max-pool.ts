import { sizeOf } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { requireNumeric } from '../infer.ts'
import { equal } from '../logic/equal.ts'
import { cast } from '../math/cast.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'
import { foldBatch, unfoldBatch } from './conv-batching.ts'
import { type StaticWindowAxis, staticAxes, windowOffsets } from './conv-shape.ts'
import { isPairs, maxPoolPairsGradient } from './max-pool-pairs.ts'
import { poolAttrs, poolAxes, pooledType, poolFlops } from './pool-shape.ts'
import { addToWindows, padToWindows, windowSlice } from './window-slices.ts'

const attrs = { ...poolAttrs, storage_order: attr.int(0) }

/**
 * The largest element of every window over x [N, C, …spatial]; padding never wins. `indices` tells where each was found,
 * as a position in the whole flattened x (which makes the CPU engine four times slower; WebGPU does not offer it).
 * https://onnx.ai/onnx/operators/onnx__MaxPool.html
 */
export const maxPool: Op<['x'], ['y', 'indices?'], typeof attrs> = defineOp({
  type: 'MaxPool',
  since: 12,
  inputs: ['x'],
  outputs: ['y', 'indices?'],
  attrs,
  infer: ({ x }, attributes) => {
    requireNumeric('MaxPool', x)
    const y = pooledType('MaxPool', x, attributes)
    return { y, indices: { dtype: 'int64', shape: y.shape } }
  },
  vjp: ({ x }, { y }, grads, attributes) => ({
    x: grads.y && maxPoolGradient(x, y, grads.y, staticAxes('gradient of MaxPool', poolAxes('MaxPool', x, attributes))),
  }),
  batch: ({ x }, { call, attributes, size, outputCount }) => {
    const { y, indices } = call({ x: foldBatch(x.value) }, attributes)
    // Positions count from the start of each entry, not of the folded batch: the entries before it are taken off.
    return {
      y: unfoldBatch(y, size),
      indices: outputCount > 1 ? withinEntry(unfoldBatch(indices, size), x.value, size) : indices,
    }
  },
  samples: [
    { x: { shape: [2, 2, 4, 6], distinct: true }, attrs: { kernel_shape: [2, 2], strides: [2, 2] } },
    { x: { shape: [1, 2, 5, 7], distinct: true }, attrs: { kernel_shape: [2, 3], strides: [2, 3] } },
    {
      x: { shape: [1, 2, 6, 6], distinct: true },
      attrs: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    },
    { x: { shape: [1, 2, 5, 5], distinct: true }, attrs: { kernel_shape: [3, 2], auto_pad: 'SAME_UPPER' } },
    { x: { shape: [1, 1, 7, 7], distinct: true }, attrs: { kernel_shape: [2, 2], strides: [3, 3], ceil_mode: 1 } },
    {
      x: { shape: [1, 1, 6, 6], distinct: true },
      attrs: { kernel_shape: [2, 2], strides: [3, 3], ceil_mode: 1 },
      // The CPU kernel drops the window that would begin behind the input, as it should, but the engine's shape inference counts it.
      skip: {
        gradient: 'ONNX Runtime contradicts itself on the output size',
        wasm: 'its shape inference counts the window behind the input, and refuses the model',
      },
    },
    {
      x: { shape: [1, 2, 7, 6], distinct: true },
      attrs: { kernel_shape: [2, 2], dilations: [2, 3], strides: [2, 1], ceil_mode: 1 },
    },
    { x: { shape: [2, 3, 7], distinct: true }, attrs: { kernel_shape: [3], strides: [2], auto_pad: 'SAME_LOWER' } },
    { x: { shape: [1, 2, 4, 4, 5], distinct: true }, attrs: { kernel_shape: [2, 2, 2], strides: [2, 2, 2] } },
  ],
  traits: { flops: poolFlops },
})

/**
 * dx: each window's dy goes to the first (row-major) of its elements that equals the maximum, as in Keras and PyTorch; ties
 * are common, since a flat background ties everywhere. What one place claims is no longer there for the next:
 * g = rest·[x = y], rest ← rest − g. It reads no indices, so it runs on every engine.
 */
function maxPoolGradient(x: Value, y: Value, dy: Value, axes: readonly StaticWindowAxis[]): Value {
  if (isPairs(x, axes)) return maxPoolPairsGradient(x, y, dy)
  const padded = padToWindows(x, axes, Number.NEGATIVE_INFINITY)
  let rest = dy
  const places = windowOffsets(axes.map(axis => axis.kernel))
  const parts = places.map((place, k) => {
    const won = cast(equal(windowSlice(padded, axes, place), y), { to: dy.dtype })
    const part = mul(rest, won)
    if (k < places.length - 1) rest = sub(rest, part)
    return part
  })
  return addToWindows(parts, axes)
}

/** Positions in the folded batch → positions in their own entry. */
function withinEntry(indices: Value, x: Value, size: number): Value {
  const entry = sizeOf(x.shape) / size
  const starts = Array.from({ length: size }, (_, i) => i * entry)
  return sub(indices, constant(starts, [size, ...indices.shape.slice(1).map(() => 1)], 'int64'))
}
