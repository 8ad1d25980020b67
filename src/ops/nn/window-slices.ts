import { staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../constants.ts'
import { pad } from '../shape/pad.ts'
import { slice } from '../shape/slice.ts'
import type { StaticWindowAxis } from './conv-shape.ts'

/** The spatial axes of an [N, C, …] tensor. */
const spatialAxes = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 2)

/**
 * x [N, C, …spatial] with a border of `value` as wide as the windows reach: before by their padding, after as far as the
 * last window goes (which in ceil_mode is further than the padding, and with strides may be less, even inside of x).
 */
export function padToWindows(x: Value, axes: readonly StaticWindowAxis[], value = 0): Value {
  const before = axes.map(axis => axis.before)
  const after = axes.map(axis => Math.max(0, (axis.output - 1) * axis.stride + axis.extent - axis.before - axis.input))
  if ([...before, ...after].every(n => n === 0)) return x
  return pad(x, ints([0, 0, ...before, 0, 0, ...after]), scalarLike(value, x))
}

/** The element at `offset` of every window: a (strided) slice [N, C, …output] of the padded x. */
export function windowSlice(padded: Value, axes: readonly StaticWindowAxis[], offset: readonly number[]): Value {
  const starts = axes.map((axis, i) => (offset[i] ?? 0) * axis.dilation)
  const ends = axes.map((axis, i) => (starts[i] ?? 0) + (axis.output - 1) * axis.stride + 1)
  const size = staticShape(padded.shape.slice(2), 'windows')
  const whole = axes.every((axis, i) => axis.stride === 1 && starts[i] === 0 && ends[i] === size[i])
  if (whole) return padded
  const steps = axes.every(axis => axis.stride === 1) ? undefined : ints(axes.map(axis => axis.stride))
  return slice(padded, ints(starts), ints(ends), ints(spatialAxes(axes.length)), steps)
}
