import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireNumeric } from '../infer.ts'
import { foldReduction } from './fold-reduction.ts'
import { batchReduction, expandReduced, inputSize, reducedShape } from './reduction.ts'

const attrs = { keepdims: attr.int(1), noop_with_empty_axes: attr.int(0) }

/** Σ over `axes` (all of them when left out). */
export const reduceSum: Op<['x', 'axes?'], ['y'], typeof attrs> = defineOp({
  type: 'ReduceSum',
  since: 13,
  inputs: ['x', 'axes?'],
  attrs,
  infer: ({ x, axes }, attributes) => {
    requireNumeric('ReduceSum', x)
    return { dtype: x.dtype, shape: reducedShape('ReduceSum', x, axes, attributes) }
  },
  // Every summand gets the whole gradient.
  vjp: ({ x, axes }, _y, dy, attributes) => ({
    x: expandReduced(dy, x, axes, attributes),
    axes: nondiff('axes are integers'),
  }),
  fold: foldReduction((a, b) => a + b, 0),
  batch: batchReduction,
  samples: [
    { x: [2, 3, 4], axes: { values: [1] } },
    { x: [2, 3, 4], axes: { values: [0, -1] }, attrs: { keepdims: 0 } },
    { x: [3, 2] },
    { x: [3, 2], attrs: { noop_with_empty_axes: 1 } },
    { x: { shape: [2, 3], dtype: 'int32', low: -5, high: 5 }, axes: { values: [-1] } },
  ],
  traits: { flops: inputSize },
})
