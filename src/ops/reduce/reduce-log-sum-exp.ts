import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { exp } from '../math/exp.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'
import { batchReduction, inputSize, keepReduced, reducedShape } from './reduction.ts'

const attrs = { keepdims: attr.int(1), noop_with_empty_axes: attr.int(0) }

/** log Σeˣ over `axes` (all of them when left out), without overflow. */
export const reduceLogSumExp: Op<['x', 'axes?'], ['y'], typeof attrs> = defineOp({
  type: 'ReduceLogSumExp',
  since: 18,
  inputs: ['x', 'axes?'],
  attrs,
  infer: ({ x, axes }, attributes) => {
    requireFloat('ReduceLogSumExp', x)
    return { dtype: x.dtype, shape: reducedShape('ReduceLogSumExp', x, axes, attributes) }
  },
  // dx = dy·exp(x − y), the softmax of x
  vjp: ({ x, axes }, y, dy, attributes) => {
    const softmax = exp(sub(x, keepReduced(y, x, axes, attributes)))
    return { x: mul(softmax, keepReduced(dy, x, axes, attributes)), axes: nondiff('axes are integers') }
  },
  batch: batchReduction,
  samples: [
    { x: [2, 3, 4], axes: { values: [1] } },
    { x: [2, 3, 4], axes: { values: [0, -1] }, attrs: { keepdims: 0 } },
    { x: [3, 2] },
    { x: [], attrs: { keepdims: 0 } },
    { x: [3, 2], attrs: { noop_with_empty_axes: 1 } },
  ],
  traits: { flops: inputSize },
})
