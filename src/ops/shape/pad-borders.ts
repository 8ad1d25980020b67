import { ArgumentError } from '../../core/errors.ts'
import { type AxisMap, axisMap } from './along-axis.ts'

/** Pads of one axis; negative amounts crop. */
export interface AxisPads {
  readonly axis: number
  readonly size: number
  readonly before: number
  readonly after: number
}

/** The matrix of a reflect, edge or wrap border along one axis: each output element copies one input element. Cropping comes first. */
export function borderMap(mode: string, { axis, size, before, after }: AxisPads): AxisMap {
  const first = Math.max(0, -before)
  const kept = size - first - Math.max(0, -after)
  const map = axisMap(axis, size + before + after, size)
  for (let row = 0; row < map.rows; row++)
    map.elements[row * size + first + sourceOf(mode, row - Math.max(0, before), kept)] = 1
  return map
}

/** Which of `size` elements stands at position `i`, which may lie outside. */
function sourceOf(mode: string, i: number, size: number): number {
  if (mode === 'edge') return Math.min(Math.max(i, 0), size - 1)
  if (mode === 'wrap') return ((i % size) + size) % size
  if (mode !== 'reflect')
    throw new ArgumentError({
      where: 'Pad',
      expected: "mode 'constant', 'reflect', 'edge' or 'wrap'",
      received: `'${mode}'`,
    })
  if (size === 1) return 0
  // Reflection repeats with period 2(n − 1), the edge itself not doubled.
  const period = 2 * (size - 1)
  const phase = ((i % period) + period) % period
  return phase < size ? phase : period - phase
}
