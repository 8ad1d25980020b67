import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireNumeric } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { sign } from '../math/sign.ts'
import { batchReduction, inputSize, keepReduced, reducedShape } from './reduction.ts'

const attrs = { keepdims: attr.int(1), noop_with_empty_axes: attr.int(0) }

/** Σ|x| over `axes` (all of them when left out). The gradient at 0 is 0. */
export const reduceL1: Op<['x', 'axes?'], ['y'], typeof attrs> = defineOp({
  type: 'ReduceL1',
  since: 18,
  inputs: ['x', 'axes?'],
  attrs,
  infer: ({ x, axes }, attributes) => {
    requireNumeric('ReduceL1', x)
    return { dtype: x.dtype, shape: reducedShape('ReduceL1', x, axes, attributes) }
  },
  // dx = dy·sign x
  vjp: ({ x, axes }, _y, dy, attributes) => ({
    x: mul(sign(x), keepReduced(dy, x, axes, attributes)),
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
