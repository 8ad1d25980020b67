import { ShapeError } from '../../core/errors.ts'
import { formatShape, type Shape, sameShape, sizeOf, staticShape } from '../../core/shape.ts'
import type { TensorType, Value } from '../../graph/value.ts'
import { ensureBatched } from '../batching.ts'
import { constant, constantInts, ints } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { gather } from '../index/gather.ts'
import { requireNumeric } from '../infer.ts'
import { add } from '../math/add.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { foldBatch, unfoldBatch } from './conv-batching.ts'
import { perAxis, spatialShape } from './conv-shape.ts'

const attrs = { kernel_shape: attr.required.ints(), pads: attr.ints(), strides: attr.ints() }

/**
 * Undoes MaxPool as far as it can be: puts x where `indices` says it came from (positions in the whole flattened output),
 * and zeros elsewhere. `output_shape` settles which of the possible input sizes it was.
 */
export const maxUnpool: Op<['x', 'indices', 'output_shape?'], ['y'], typeof attrs> = defineOp({
  type: 'MaxUnpool',
  since: 11,
  inputs: ['x', 'indices', 'output_shape?'],
  attrs,
  infer: ({ x, indices, output_shape }, attributes) => {
    const where = 'MaxUnpool'
    requireNumeric(where, x)
    spatialShape(where, x)
    if (!sameShape(indices.shape, x.shape)) {
      throw new ShapeError({
        where,
        expected: `indices of x's shape, ${formatShape(x.shape)}`,
        received: formatShape(indices.shape),
      })
    }
    return { dtype: x.dtype, shape: unpooledShape(x, output_shape, attributes) }
  },
  vjp: ({ indices }, _y, dy) => ({
    x: gather(reshapeTo(dy, [-1]), indices, { axis: 0 }),
    indices: nondiff('positions are integers'),
    output_shape: nondiff('a shape is made of integers'),
  }),
  batch: ({ x, indices, output_shape }, { call, attributes, size }) => {
    const all = ensureBatched(x, size)
    const [, n = 0, c = 0] = staticShape(all.shape, 'vmap of MaxUnpool')
    const places = ensureBatched(indices, size)
    // Entry i of the folded batch begins i outputs further on.
    const stated = constantInts(output_shape?.value)
    const shape = stated && ints([size * (stated[0] ?? 0), ...stated.slice(1)])
    const folded = unpooledShape(foldBatch(all), shape, attributes)
    const entry = n * c * sizeOf(folded.slice(2))
    const starts = constant(
      Array.from({ length: size }, (_, i) => i * entry),
      [size, ...all.shape.slice(1).map(() => 1)],
      'int64',
    )
    return unfoldBatch(
      call({ x: foldBatch(all), indices: foldBatch(add(places, starts)), output_shape: shape }, attributes),
      size,
    )
  },
  samples: [
    {
      x: [1, 1, 2, 2],
      indices: { values: [5, 7, 8, 15], shape: [1, 1, 2, 2] },
      attrs: { kernel_shape: [2, 2], strides: [2, 2] },
    },
    {
      x: [1, 1, 2, 2],
      indices: { values: [6, 8, 16, 24], shape: [1, 1, 2, 2] },
      output_shape: { values: [1, 1, 5, 5] },
      attrs: { kernel_shape: [2, 2], strides: [2, 2] },
    },
  ],
})

interface UnpoolAttributes {
  readonly kernel_shape: readonly number[]
  readonly pads: readonly number[] | undefined
  readonly strides: readonly number[] | undefined
}

/** As stated, or the smallest input that MaxPool would have made x from. */
function unpooledShape(x: TensorType, outputShape: Value | undefined, attributes: UnpoolAttributes): Shape {
  const where = 'MaxUnpool'
  const stated = constantInts(outputShape)
  if (stated) return stated
  const lead = x.shape.slice(0, 2)
  const spatial = spatialShape(where, x)
  if (outputShape) return [...lead, ...spatial.map((_, i) => `unpool_${outputShape.id}_${i}`)]
  const count = spatial.length
  const kernel = perAxis(where, 'kernel sizes', attributes.kernel_shape, count, 1, 1)
  const strides = perAxis(where, 'strides', attributes.strides, count, 1, 1)
  const pads = perAxis(where, 'pads', attributes.pads, 2 * count, 0, 0)
  const sizes = staticShape(spatial, where).map(
    (dim, i) => (dim - 1) * (strides[i] ?? 1) - (pads[i] ?? 0) - (pads[i + count] ?? 0) + (kernel[i] ?? 1),
  )
  return [...lead, ...sizes]
}
