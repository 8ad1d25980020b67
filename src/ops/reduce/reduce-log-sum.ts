import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { exp } from '../math/exp.ts'
import { mul } from '../math/mul.ts'
import { neg } from '../math/neg.ts'
import { batchReduction, expandReduced, inputSize, reducedShape } from './reduction.ts'

const attrs = { keepdims: attr.int(1), noop_with_empty_axes: attr.int(0) }

/** log Σx over `axes` (all of them when left out). */
export const reduceLogSum: Op<['x', 'axes?'], ['y'], typeof attrs> = defineOp({
  type: 'ReduceLogSum',
  since: 18,
  inputs: ['x', 'axes?'],
  attrs,
  infer: ({ x, axes }, attributes) => {
    requireFloat('ReduceLogSum', x)
    return { dtype: x.dtype, shape: reducedShape('ReduceLogSum', x, axes, attributes) }
  },
  // dx = dy / Σx = dy·e⁻ʸ
  vjp: ({ x, axes }, y, dy, attributes) => ({
    x: expandReduced(mul(dy, exp(neg(y))), x, axes, attributes),
    axes: nondiff('axes are integers'),
  }),
  batch: batchReduction,
  samples: [
    { x: { shape: [2, 3, 4], low: 0.5, high: 2 }, axes: { values: [1] } },
    { x: { shape: [2, 3, 4], low: 0.5, high: 2 }, axes: { values: [0, -1] }, attrs: { keepdims: 0 } },
    { x: { shape: [3, 2], low: 0.5, high: 2 } },
    {
      x: { shape: [3, 2], low: 0.5, high: 2 },
      attrs: { noop_with_empty_axes: 1 },
      skip: { webgpu: 'without axes its kernel copies the input, leaving out the function of each element' },
    },
  ],
  traits: { flops: inputSize },
})
