import { normalizeAxis } from '../../core/shape.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'

const attrs = { axis: attr.int(), sorted: attr.int(1) }

/**
 * The different elements (or, with `axis`, the different slices along it), sorted or in order of first occurrence; with the position
 * of each one's first occurrence, for each element of x which one it is, and how often each occurs.
 */
export const unique: Op<['x'], ['y', 'indices?', 'inverse?', 'counts?'], typeof attrs> = defineOp({
  type: 'Unique',
  since: 11,
  inputs: ['x'],
  outputs: ['y', 'indices?', 'inverse?', 'counts?'],
  attrs,
  infer: ({ x }, { axis }) => {
    const count = `unique_${x.id}`
    const at = axis === undefined ? undefined : normalizeAxis(axis, x.shape.length, 'Unique')
    const size = x.shape.every(dim => typeof dim === 'number') ? x.shape.reduce((n, dim) => n * dim, 1) : `size_${x.id}`
    const positions = (shape: readonly (number | string)[]) => ({ dtype: 'int64' as const, shape })
    return {
      y: { dtype: x.dtype, shape: at === undefined ? [count] : x.shape.map((dim, i) => (i === at ? count : dim)) },
      indices: positions([count]),
      inverse: positions([at === undefined ? size : (x.shape[at] ?? 1)]),
      counts: positions([count]),
    }
  },
  vjp: nondiff('which elements are equal, and so how many are left, depends on the data'),
  batch: nondiff('each entry of the batch may have another number of different elements'),
  samples: [
    { x: { shape: [7], dtype: 'int64', low: 0, high: 4 } },
    { x: { shape: [4, 2], dtype: 'int64', low: 0, high: 2 }, attrs: { axis: 0 } },
    { x: { values: [2, 1, 1, 3, 2], dtype: 'float32' }, attrs: { sorted: 0 } },
  ],
})
