import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { formatShape, normalizeAxis, sizeOf, staticDim } from '../../core/shape.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import { ensureBatched } from '../batching.ts'
import { ints } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { foldLimit, ravel, rearranged, small, unravel } from '../fold.ts'
import { equalDims, sameDType } from '../infer.ts'
import { slice } from './slice.ts'

const attrs = { axis: attr.required.int() }

/** Joins tensors along an existing axis. */
export const concat: Op<['...inputs'], ['y'], typeof attrs> = defineOp({
  type: 'Concat',
  since: 13,
  inputs: ['...inputs'],
  attrs,
  infer: ({ inputs }, { axis }) => {
    const [first] = inputs
    if (!first) throw new ArgumentError({ where: 'Concat', expected: 'at least one input', received: 'none' })
    const at = normalizeAxis(axis, first.shape.length, 'Concat')
    const received = inputs.map(input => formatShape(input.shape)).join(', ')
    const shape = first.shape.map((dim, i) => {
      if (i === at)
        return inputs.every(input => typeof input.shape[at] === 'number')
          ? inputs.reduce((sum, input) => sum + Number(input.shape[at]), 0)
          : `concat_${first.id}`
      return inputs.reduce(
        (known, input) =>
          equalDims('Concat', known, input.shape[i] ?? -1, `shapes that agree except along axis ${at}`, received),
        dim,
      )
    })
    if (inputs.some(input => input.shape.length !== shape.length))
      throw new ShapeError({ where: 'Concat', expected: 'inputs of one rank', received })
    return { dtype: sameDType('Concat', ...inputs), shape }
  },
  vjp: ({ inputs }, y, dy, { axis }) => {
    const at = normalizeAxis(axis, y.shape.length, 'Concat')
    let start = 0
    return {
      inputs: inputs.map(input => {
        const end = start + staticDim(input.shape[at], input.shape)
        const part = slice(dy, ints([start]), ints([end]), ints([at]))
        start = end
        return part
      }),
    }
  },
  batch: ({ inputs }, { call, attributes: { axis }, size }) =>
    call({ inputs: inputs.map(input => ensureBatched(input, size)) }, { axis: axis < 0 ? axis : axis + 1 }),
  fold: ({ inputs }, { axis }) => {
    const parts = inputs.map(small).filter(data => data !== undefined)
    const [first] = parts
    if (!first || parts.length !== inputs.length || first.shape.length === 0) return undefined
    const at = normalizeAxis(axis, first.shape.length, 'Concat')
    const lengths = parts.map(part => part.shape[at] ?? 0)
    const shape = first.shape.map((dim, i) => (i === at ? lengths.reduce((sum, n) => sum + n, 0) : dim))
    return sizeOf(shape) <= foldLimit ? joined(parts, lengths, shape, at) : undefined
  },
  samples: [
    {
      inputs: [
        [2, 3],
        [1, 3],
      ],
      attrs: { axis: 0 },
    },
    {
      inputs: [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
      attrs: { axis: -1 },
    },
  ],
})

function joined(
  parts: readonly TensorData[],
  lengths: readonly number[],
  shape: readonly number[],
  axis: number,
): TensorData | undefined {
  const [first] = parts
  if (!first || parts.some(part => part.dtype !== first.dtype)) return undefined
  // Elements laid end to end, and where each one of the result stands among them.
  const starts = parts.map((_, k) => parts.slice(0, k).reduce((sum, part) => sum + part.data.length, 0))
  const all = { ...first, data: parts.flatMap(part => Array.from(part.data as ArrayLike<number | bigint | string>)) }
  return rearranged(all, shape, i => {
    const place = unravel(i, shape)
    let k = 0
    while ((place[axis] ?? 0) >= (lengths[k] ?? Number.POSITIVE_INFINITY))
      place[axis] = (place[axis] ?? 0) - (lengths[k++] ?? 0)
    return (starts[k] ?? 0) + ravel(place, parts[k]?.shape ?? [])
  })
}
