import { sizeOf, staticShape } from '../../core/shape.ts'
import { scalarLike } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireNumeric } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { batchReduction, expandReduced, inputSize, reducedShape } from './reduction.ts'

const attrs = { keepdims: attr.int(1), noop_with_empty_axes: attr.int(0) }

/** Mean over `axes` (all of them when left out). */
export const reduceMean: Op<['x', 'axes?'], ['y'], typeof attrs> = defineOp({
  type: 'ReduceMean',
  since: 18,
  inputs: ['x', 'axes?'],
  attrs,
  infer: ({ x, axes }, attributes) => {
    requireNumeric('ReduceMean', x)
    return { dtype: x.dtype, shape: reducedShape('ReduceMean', x, axes, attributes) }
  },
  // Every element gets an equal share of the gradient.
  vjp: ({ x, axes }, y, dy, attributes) => {
    const count = sizeOf(staticShape(x.shape)) / Math.max(1, sizeOf(staticShape(y.shape)))
    return {
      x: expandReduced(mul(dy, scalarLike(1 / count, dy)), x, axes, attributes),
      axes: nondiff('axes are integers'),
    }
  },
  batch: batchReduction,
  samples: [
    { x: [2, 3, 4], axes: { values: [1] } },
    { x: [2, 3, 4], axes: { values: [0, -1] }, attrs: { keepdims: 0 } },
    { x: [3, 2] },
    { x: [], attrs: { keepdims: 0 } },
    { x: [3, 2], attrs: { noop_with_empty_axes: 1 } },
    { x: { shape: [2, 3], dtype: 'int32', low: -5, high: 5 }, axes: { values: [-1] } },
  ],
  traits: { flops: inputSize },
})
