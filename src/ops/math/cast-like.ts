import { isFloat } from '../../core/dtype.ts'
import { ensureBatched } from '../batching.ts'
import { defineOp, type Op, zeroGradient } from '../define.ts'
import { cast } from './cast.ts'

/** Converts `x` to the dtype of `target`, whose elements do not matter. */
export const castLike: Op<['x', 'target']> = defineOp({
  type: 'CastLike',
  since: 21,
  inputs: ['x', 'target'],
  infer: ({ x, target }) => ({ dtype: target.dtype, shape: x.shape }),
  vjp: ({ x }, y, dy) => ({
    x:
      isFloat(x.dtype) && isFloat(y.dtype)
        ? cast(dy, { to: x.dtype })
        : zeroGradient('an integer does not change smoothly'),
    target: zeroGradient('only the dtype of the target matters'),
  }),
  batch: ({ x, target }, { call, attributes, size }) =>
    call({ x: ensureBatched(x, size), target: target.value }, attributes),
  samples: [
    { x: [3, 4], target: { values: [0], dtype: 'float64' } },
    { x: { shape: [5], dtype: 'int32', low: -3, high: 3 }, target: [2] },
    { x: [2, 2], target: { shape: [3], dtype: 'int64' } },
  ],
})
