import { scalarLike } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { equal } from '../logic/equal.ts'
import { add } from '../math/add.ts'
import { cast } from '../math/cast.ts'
import { div } from '../math/div.ts'
import { mul } from '../math/mul.ts'
import { batchReduction, inputSize, keepReduced, reducedShape } from './reduction.ts'

const attrs = { keepdims: attr.int(1), noop_with_empty_axes: attr.int(0) }

/** √Σx² over `axes` (all of them when left out). The gradient where all are 0 is 0. */
export const reduceL2: Op<['x', 'axes?'], ['y'], typeof attrs> = defineOp({
  type: 'ReduceL2',
  since: 18,
  inputs: ['x', 'axes?'],
  attrs,
  infer: ({ x, axes }, attributes) => {
    requireFloat('ReduceL2', x)
    return { dtype: x.dtype, shape: reducedShape('ReduceL2', x, axes, attributes) }
  },
  // dx = dy·x/y; a norm of 0 is replaced by 1, and x is 0 there.
  vjp: ({ x, axes }, y, dy, attributes) => {
    const norm = add(y, cast(equal(y, scalarLike(0, y)), { to: y.dtype }))
    return { x: mul(x, keepReduced(div(dy, norm), x, axes, attributes)), axes: nondiff('axes are integers') }
  },
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
  ],
  traits: { flops: inputSize },
})
