import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireOrdered, shareAmongExtremes } from './extreme-gradient.ts'
import { foldReduction } from './fold-reduction.ts'
import { batchReduction, inputSize, reducedShape } from './reduction.ts'

const attrs = { keepdims: attr.int(1), noop_with_empty_axes: attr.int(0) }

/** Largest element over `axes` (all of them when left out); on bools any. Elements that tie share the gradient equally, as in Keras and TensorFlow. */
export const reduceMax: Op<['x', 'axes?'], ['y'], typeof attrs> = defineOp({
  type: 'ReduceMax',
  since: 20,
  inputs: ['x', 'axes?'],
  attrs,
  infer: ({ x, axes }, attributes) => {
    requireOrdered('ReduceMax', x)
    return { dtype: x.dtype, shape: reducedShape('ReduceMax', x, axes, attributes) }
  },
  // dx = dy·e / Σe, where e = [x = y] marks the extremes.
  vjp: ({ x, axes }, y, dy, attributes) => ({
    x: shareAmongExtremes(x, axes, y, dy, attributes),
    axes: nondiff('axes are integers'),
  }),
  fold: foldReduction(Math.max),
  batch: batchReduction,
  samples: [
    { x: { shape: [2, 3, 4], distinct: true }, axes: { values: [1] } },
    { x: { shape: [2, 3, 4], distinct: true }, axes: { values: [0, -1] }, attrs: { keepdims: 0 } },
    { x: { shape: [3, 2], distinct: true } },
    { x: [], attrs: { keepdims: 0 } },
    { x: [3, 2], attrs: { noop_with_empty_axes: 1 } },
    { x: { shape: [2, 3], dtype: 'int32', low: -5, high: 5 }, axes: { values: [-1] } },
    { x: { shape: [2, 3], dtype: 'bool' }, axes: { values: [1] } },
  ],
  traits: { flops: inputSize },
})
