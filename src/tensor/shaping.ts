import { ArgumentError } from '../core/errors.ts'
import { normalizeAxis } from '../core/shape.ts'
import type { Value } from '../graph/value.ts'
import { ints } from '../ops/constants.ts'
import { slice } from '../ops/shape/slice.ts'
import { squeeze } from '../ops/shape/squeeze.ts'
import { transpose } from '../ops/shape/transpose.ts'

/**
 * One axis of `slice`: a number takes that entry and drops the axis; `[start, end, step]` a range, with NumPy's rules (negative
 * counts from the end, `null` or nothing leaves a side open); `null` takes all; `'...'` stands for as many whole axes as fit.
 */
export type SlicePart = number | null | '...' | readonly [start?: number | null, end?: number | null, step?: number]

const farRight = 2 ** 31 - 1

/** x[parts] as in NumPy. */
export function sliceParts(x: Value, parts: readonly SlicePart[]): Value {
  const rank = x.shape.length
  const listed = parts.filter(part => part !== '...').length
  if (listed > rank || parts.length > listed + 1) {
    throw new ArgumentError({
      where: 'slice',
      expected: `at most ${rank} parts, and '...' once`,
      received: `${parts.length} parts`,
      details: { rank },
    })
  }
  const all = parts.flatMap(
    (part): (number | null | readonly [start?: number | null, end?: number | null, step?: number])[] =>
      part === '...' ? new Array<null>(rank - listed).fill(null) : [part],
  )
  const starts: number[] = []
  const ends: number[] = []
  const axes: number[] = []
  const steps: number[] = []
  const dropped: number[] = []
  all.forEach((part, axis) => {
    if (part === null) return
    axes.push(axis)
    if (typeof part === 'number') {
      const at = normalizeAxis(part, Number(x.shape[axis] ?? 0), `slice, axis ${axis}`)
      starts.push(at)
      ends.push(at + 1)
      steps.push(1)
      dropped.push(axis)
    } else {
      const [start, end, step = 1] = part
      starts.push(start ?? (step > 0 ? 0 : farRight))
      ends.push(end ?? (step > 0 ? farRight : -farRight))
      steps.push(step)
    }
  })
  const sliced = axes.length > 0 ? slice(x, ints(starts), ints(ends), ints(axes), ints(steps)) : x
  return dropped.length > 0 ? squeeze(sliced, ints(dropped)) : sliced
}

/** Moves one axis to another place; the others keep their order. */
export function moveAxis(x: Value, from: number, to: number): Value {
  const rank = x.shape.length
  const source = normalizeAxis(from, rank, 'moveAxis')
  const target = normalizeAxis(to, rank, 'moveAxis')
  if (source === target) return x
  const perm = x.shape.map((_, i) => i).filter(axis => axis !== source)
  perm.splice(target, 0, source)
  return transpose(x, { perm })
}
