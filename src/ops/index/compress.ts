import { NotBatchableError, ShapeError } from '../../core/errors.ts'
import { formatShape, normalizeAxis, sizeOf, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { logicalRank } from '../batching.ts'
import { constantInts, ints, requireInts } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireBool } from '../infer.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { addUpAlong } from './accumulate.ts'
import { gather } from './gather.ts'

const attrs = { axis: attr.int() }

/** The entries along `axis` (of the flattened tensor when left out) whose `condition` holds. */
export const compress: Op<['x', 'condition'], ['y'], typeof attrs> = defineOp({
  type: 'Compress',
  since: 11,
  inputs: ['x', 'condition'],
  attrs,
  infer: ({ x, condition }, { axis }) => {
    requireBool('Compress', condition)
    if (condition.shape.length !== 1)
      throw new ShapeError({
        where: 'Compress',
        expected: 'a condition of rank 1',
        received: `shape ${formatShape(condition.shape)}`,
      })
    const count = constantInts(condition)?.reduce((sum, flag) => sum + flag, 0) ?? `compress_${condition.id}`
    if (axis === undefined) return { dtype: x.dtype, shape: [count] }
    const at = normalizeAxis(axis, x.shape.length, 'Compress')
    return { dtype: x.dtype, shape: x.shape.map((dim, i) => (i === at ? count : dim)) }
  },
  // Picking by condition is picking by its positions.
  vjp: ({ x, condition }, _y, dy, { axis }) => {
    const none = nondiff('a condition is not a number')
    if (axis !== undefined)
      return {
        x: addUpAlong(dy, positionsOf(condition), x.shape, normalizeAxis(axis, x.shape.length, 'Compress')),
        condition: none,
      }
    const flat = addUpAlong(dy, positionsOf(condition), [sizeOf(x.shape)], 0)
    return { x: reshapeTo(flat, staticShape(x.shape, 'gradient of Compress')), condition: none }
  },
  batch: ({ x, condition }, { attributes: { axis }, size }) => {
    if (condition.batched) {
      throw new NotBatchableError({
        where: 'vmap of Compress',
        expected: 'one condition for the whole batch',
        received: 'one for each entry, which would give results of different lengths',
        remedy: 'Use Where to mask instead.',
      })
    }
    const positions = positionsOf(condition.value)
    if (axis === undefined)
      return gather(reshapeTo(x.value, [size, sizeOf(x.value.shape.slice(1))]), positions, { axis: 1 })
    return gather(x.value, positions, { axis: normalizeAxis(axis, logicalRank(x), 'Compress') + 1 })
  },
  samples: [
    { x: [3, 2], condition: flags(1, 0, 1), attrs: { axis: 0 } },
    { x: [2, 4, 2], condition: flags(0, 1, 1), attrs: { axis: -2 } },
    { x: [3, 2], condition: flags(0, 1, 0, 0, 1) },
    { x: { shape: [4], dtype: 'int64' }, condition: flags(0, 0, 0, 1) },
  ],
})

/** Where a condition holds. The rules read it, so it must be known when the graph is built. */
function positionsOf(condition: Value): Value {
  return ints(requireInts(condition, 'a rule of Compress', 'condition').flatMap((flag, i) => (flag ? [i] : [])))
}

function flags(...values: number[]) {
  return { values, dtype: 'bool' as const }
}
