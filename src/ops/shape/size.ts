import { isStatic, sizeOf } from '../../core/shape.ts'
import { fromNumbers } from '../../core/tensor-data.ts'
import { ensureBatched } from '../batching.ts'
import { scalar } from '../constants.ts'
import { defineOp, type Op, zeroGradient } from '../define.ts'

/** The number of elements, as an int64 scalar. */
export const size: Op<['x']> = defineOp({
  type: 'Size',
  since: 21,
  inputs: ['x'],
  infer: () => ({ dtype: 'int64', shape: [] }),
  vjp: zeroGradient('a size does not depend on the elements'),
  batch: ({ x }, { size }) =>
    ensureBatched({ value: scalar(sizeOf(x.value.shape.slice(1)), 'int64'), batched: false }, size),
  fold: ({ x }) => (x.type && isStatic(x.shape) ? fromNumbers('int64', [], [sizeOf(x.shape)]) : undefined),
  samples: [{ x: [2, 3, 4] }, { x: [] }, { x: { shape: [3, 0], dtype: 'int32' } }],
})
