import { ArgumentError } from '../../core/errors.ts'
import { type Dim, normalizeAxis, staticDim } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constantInts, ints, requireInts } from '../constants.ts'
import { defineOp, nondiff, type Op } from '../define.ts'
import { ravel, rearranged, small, unravel } from '../fold.ts'
import { sliceGradient } from './slice-gradient.ts'

/** One axis of a slice, resolved: how many elements, from where, in which steps. */
export interface SlicedAxis {
  readonly axis: number
  readonly start: number
  readonly step: number
  readonly length: number
}

/** Resolves constant starts, ends, axes and steps against a shape, by NumPy's rules (negative counts from the end, clamped). */
export function slicedAxes(
  x: { readonly shape: readonly Dim[] },
  starts: Value,
  ends: Value,
  axes?: Value,
  steps?: Value,
): SlicedAxis[] {
  const from = requireInts(starts, 'Slice', 'starts')
  const to = requireInts(ends, 'Slice', 'ends')
  const along = axes ? requireInts(axes, 'Slice', 'axes') : from.map((_, i) => i)
  const by = steps ? requireInts(steps, 'Slice', 'steps') : from.map(() => 1)
  return along.map((axis, i) => {
    const at = normalizeAxis(axis, x.shape.length, 'Slice')
    const size = staticDim(x.shape[at], x.shape)
    const step = by[i] ?? 1
    if (step === 0) throw new ArgumentError({ where: 'Slice', expected: 'steps other than 0', received: '0' })
    const clamp = (index: number | undefined, least: number, most: number) => {
      const value = index ?? 0
      return Math.min(Math.max(value < 0 ? value + size : value, least), most)
    }
    const start = step > 0 ? clamp(from[i], 0, size) : clamp(from[i], 0, size - 1)
    const end = step > 0 ? clamp(to[i], 0, size) : clamp(to[i], -1, size - 1)
    return { axis: at, start, step, length: Math.max(0, Math.ceil((end - start) / step)) }
  })
}

/** Whether a slice is all of its axes from their ends to their beginnings: it needs no sizes. */
function reverses(starts: Value, ends: Value, steps?: Value): boolean {
  const [from, to, by] = [starts, ends, steps].map(value => (value ? constantInts(value) : undefined))
  if (!from || !to || !by) return false
  return from.every((start, i) => start === -1 && by[i] === -1 && (to[i] ?? 0) <= -(2 ** 31))
}

/** Part of a tensor: `starts` to `ends` (exclusive) along `axes`, in `steps`. */
export const slice: Op<['x', 'starts', 'ends', 'axes?', 'steps?']> = defineOp({
  type: 'Slice',
  since: 13,
  inputs: ['x', 'starts', 'ends', 'axes?', 'steps?'],
  infer: ({ x, starts, ends, axes, steps }) => {
    const known = [starts, ends, axes, steps].every(value => value === undefined || constantInts(value))
    if (reverses(starts, ends, steps)) return { dtype: x.dtype, shape: x.shape }
    if (!known) {
      const along = constantInts(axes)?.map(axis => normalizeAxis(axis, x.shape.length, 'Slice'))
      const open = (dim: Dim, axis: number): Dim =>
        along?.includes(axis) === false ? dim : `slice_${x.id}_${starts.id}_${ends.id}_${axis}`
      return { dtype: x.dtype, shape: x.shape.map(open) }
    }
    const sizes = x.shape.map(dim => (typeof dim === 'number' ? dim : 0))
    const shape = [...x.shape]
    for (const { axis, length } of slicedAxes({ shape: sizes }, starts, ends, axes, steps))
      shape[axis] = typeof x.shape[axis] === 'number' ? length : `slice_${x.id}_${starts.id}_${ends.id}_${axis}`
    return { dtype: x.dtype, shape }
  },
  vjp: ({ x, starts, ends, axes, steps }, _y, dy) => ({
    x: reverses(starts, ends, steps)
      ? slice(dy, starts, ends, axes, steps)
      : sliceGradient(dy, x, slicedAxes(x, starts, ends, axes, steps)),
    starts: nondiff('positions are integers'),
    ends: nondiff('positions are integers'),
    axes: nondiff('axes are integers'),
    steps: nondiff('steps are integers'),
  }),
  batch: ({ x, starts, ends, axes, steps }, { call, attributes }) => {
    const count = requireInts(starts.value, 'vmap of Slice', 'starts').length
    const along = constantInts(axes?.value) ?? Array.from({ length: count }, (_, i) => i)
    const rank = x.value.shape.length - 1
    const moved = ints(along.map(axis => normalizeAxis(axis, rank, 'Slice') + 1))
    return call({ x: x.value, starts: starts.value, ends: ends.value, axes: moved, steps: steps?.value }, attributes)
  },
  fold: ({ x, starts, ends, axes, steps }) => {
    const data = small(x)
    const given = [starts, ends, axes, steps].filter(value => value !== undefined)
    if (!data || given.some(value => !value.constant)) return undefined
    const parts = slicedAxes(x, starts, ends, axes, steps)
    const shape = [...data.shape]
    for (const { axis, length } of parts) shape[axis] = length
    return rearranged(data, shape, i => {
      const place = unravel(i, shape)
      for (const { axis, start, step } of parts) place[axis] = start + step * (place[axis] ?? 0)
      return ravel(place, data.shape)
    })
  },
  samples: [
    { x: [4, 5], starts: { values: [1, -3] }, ends: { values: [3, 1000] } },
    { x: [4, 5], starts: { values: [0] }, ends: { values: [5] }, axes: { values: [1] }, steps: { values: [2] } },
    { x: [5, 2], starts: { values: [-1] }, ends: { values: [-1000] }, axes: { values: [0] }, steps: { values: [-2] } },
    {
      x: [5, 2],
      starts: { values: [-1] },
      ends: { values: [-(2 ** 31)] },
      axes: { values: [0] },
      steps: { values: [-1] },
    },
  ],
})
