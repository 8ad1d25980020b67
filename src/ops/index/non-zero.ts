import { defineOp, nondiff, type Op } from '../define.ts'

/** Positions of the elements that are not zero, one column each: [rank, count] int64, in row-major order. */
export const nonZero: Op<['x']> = defineOp({
  type: 'NonZero',
  since: 13,
  inputs: ['x'],
  infer: ({ x }) => ({ dtype: 'int64', shape: [x.shape.length, `nonzero_${x.id}`] }),
  vjp: nondiff('positions are integers'),
  batch: nondiff('each entry of the batch may have another number of elements that are not zero'),
  samples: [
    { x: { shape: [3, 4], dtype: 'bool' } },
    { x: { shape: [5], dtype: 'int64', low: 0, high: 2 } },
    { x: [2, 2, 2] },
  ],
})
