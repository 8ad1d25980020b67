import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireNumeric } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { foldReduction } from './fold-reduction.ts'
import { productOfOthers } from './product-of-others.ts'
import { batchReduction, inputSize, keepReduced, reducedAxes, reducedShape } from './reduction.ts'

const attrs = { keepdims: attr.int(1), noop_with_empty_axes: attr.int(0) }

/** Πx over `axes` (all of them when left out). */
export const reduceProd: Op<['x', 'axes?'], ['y'], typeof attrs> = defineOp({
  type: 'ReduceProd',
  since: 18,
  inputs: ['x', 'axes?'],
  attrs,
  infer: ({ x, axes }, attributes) => {
    requireNumeric('ReduceProd', x)
    return { dtype: x.dtype, shape: reducedShape('ReduceProd', x, axes, attributes) }
  },
  // dx = dy·(product of all the others), which a division by x could not give at zeros.
  vjp: ({ x, axes }, _y, dy, attributes) => {
    const reduced = reducedAxes('gradient of ReduceProd', x.shape.length, axes, attributes)
    return {
      x: mul(keepReduced(dy, x, axes, attributes), productOfOthers(x, reduced)),
      axes: nondiff('axes are integers'),
    }
  },
  fold: foldReduction((a, b) => a * b, 1),
  batch: batchReduction,
  samples: [
    { x: [2, 3, 4], axes: { values: [1] } },
    { x: [2, 3, 4], axes: { values: [0, -1] }, attrs: { keepdims: 0 } },
    { x: [3, 2] },
    { x: [], attrs: { keepdims: 0 } },
    { x: [3, 2], attrs: { noop_with_empty_axes: 1 } },
    { x: { shape: [2, 3], dtype: 'int32', low: -5, high: 5 }, axes: { values: [-1] } },
    { x: { values: [0, 2, 3, 0, 0, 5], shape: [2, 3], dtype: 'float32' }, axes: { values: [1] } },
    { x: { shape: [2, 3], dtype: 'float32', low: 0, high: 1e-9 }, axes: { values: [1] } },
  ],
  traits: { flops: inputSize },
})
