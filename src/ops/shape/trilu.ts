import { NotBatchableError, ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import { logicalRank } from '../batching.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'

const attrs = { upper: attr.int(1) }

/** The upper (or lower) triangle of each matrix, zeros elsewhere; `k` moves the diagonal up (or, negative, down). */
export const trilu: Op<['x', 'k?'], ['y'], typeof attrs> = defineOp({
  type: 'Trilu',
  since: 14,
  inputs: ['x', 'k?'],
  attrs,
  infer: ({ x }) => {
    if (x.shape.length < 2)
      throw new ShapeError({
        where: 'Trilu',
        expected: 'a matrix or a stack of matrices',
        received: `shape ${formatShape(x.shape)}`,
      })
    return { dtype: x.dtype, shape: x.shape }
  },
  // A mask is its own adjoint.
  vjp: ({ k }, _y, dy, attributes) => ({ x: trilu(dy, k, attributes), k: nondiff('a diagonal is an integer') }),
  batch: ({ x, k }, { call, attributes }) => {
    if (k?.batched || logicalRank(x) < 2) {
      throw new NotBatchableError({
        where: 'vmap of Trilu',
        expected: "one 'k' for the whole batch",
        received: 'a batch of them',
      })
    }
    return call({ x: x.value, k: k?.value }, attributes)
  },
  samples: [
    { x: [3, 4] },
    { x: [2, 4, 3], attrs: { upper: 0 } },
    { x: [3, 4], k: { values: [1], shape: [] } },
    { x: [4, 4], k: { values: [-2], shape: [] }, attrs: { upper: 0 } },
    { x: { shape: [3, 3], dtype: 'int64' }, k: { values: [-1], shape: [] } },
  ],
})
