import { isStatic } from '../../core/shape.ts'
import { fromNumbers } from '../../core/tensor-data.ts'
import { ensureBatched } from '../batching.ts'
import { attr, defineOp, type Op, zeroGradient } from '../define.ts'

const attrs = { start: attr.int(0), end: attr.int() }

/** The sizes of the axes `start` to `end` (exclusive; negative counts from the end), as int64. */
export const shapeOf: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Shape',
  since: 21,
  inputs: ['x'],
  attrs,
  infer: ({ x }, attributes) => {
    const [from, to] = range(x.shape.length, attributes)
    return { dtype: 'int64', shape: [to - from] }
  },
  vjp: zeroGradient('a shape does not depend on the elements'),
  batch: ({ x }, { call, attributes, size }) => {
    const [from, to] = range(x.value.shape.length - 1, attributes)
    return ensureBatched({ value: call({ x: x.value }, { start: from + 1, end: to + 1 }), batched: false }, size)
  },
  fold: ({ x }, attributes) => {
    const part = x.type && x.shape.slice(...range(x.shape.length, attributes))
    return part && isStatic(part) ? fromNumbers('int64', [part.length], part) : undefined
  },
  samples: [
    { x: [2, 3, 4] },
    { x: [2, 3, 4], attrs: { start: -2 } },
    { x: [2, 3, 4], attrs: { start: 1, end: -1 } },
    { x: [2, 3], attrs: { start: 2, end: 1 } },
    { x: { shape: [], dtype: 'int32' } },
  ],
})

/** Clamped as the specification says; an end before the start gives nothing. */
function range(
  rank: number,
  { start, end = rank }: { readonly start: number; readonly end: number | undefined },
): [number, number] {
  const clamp = (axis: number) => Math.min(Math.max(axis < 0 ? axis + rank : axis, 0), rank)
  const from = clamp(start)
  return [from, Math.max(from, clamp(end))]
}
