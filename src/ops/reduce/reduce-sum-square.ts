import { scalarLike } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireNumeric } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { batchReduction, inputSize, keepReduced, reducedShape } from './reduction.ts'

const attrs = { keepdims: attr.int(1), noop_with_empty_axes: attr.int(0) }

/** Σx² over `axes` (all of them when left out). */
export const reduceSumSquare: Op<['x', 'axes?'], ['y'], typeof attrs> = defineOp({
  type: 'ReduceSumSquare',
  since: 18,
  inputs: ['x', 'axes?'],
  attrs,
  infer: ({ x, axes }, attributes) => {
    requireNumeric('ReduceSumSquare', x)
    return { dtype: x.dtype, shape: reducedShape('ReduceSumSquare', x, axes, attributes) }
  },
  // dx = 2x·dy
  vjp: ({ x, axes }, _y, dy, attributes) => ({
    x: mul(x, keepReduced(mul(dy, scalarLike(2, dy)), x, axes, attributes)),
    axes: nondiff('axes are integers'),
  }),
  batch: batchReduction,
  samples: [
    { x: [2, 3, 4], axes: { values: [1] } },
    { x: [2, 3, 4], axes: { values: [0, -1] }, attrs: { keepdims: 0 } },
    { x: [3, 2] },
    { x: [], attrs: { keepdims: 0 } },
    {
      x: [3, 2],
      attrs: { noop_with_empty_axes: 1 },
      skip: { webgpu: 'without axes its kernel copies the input, leaving out the function of each element' },
    },
    { x: { shape: [2, 3], dtype: 'int32', low: -5, high: 5 }, axes: { values: [-1] } },
  ],
  traits: { flops: inputSize },
})
