import { ArgumentError } from '../../core/errors.ts'
import { staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../constants.ts'
import { add } from '../math/add.ts'
import { concat } from '../shape/concat.ts'
import { expand } from '../shape/expand.ts'
import { pad } from '../shape/pad.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { slice } from '../shape/slice.ts'
import { type StaticWindowAxis, windowOffsets } from './conv-shape.ts'

/** The spatial axes of an [N, C, …] tensor. */
const spatialAxes = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 2)

/**
 * x [N, C, …spatial] with a border of `value` as wide as the windows reach: before by their padding, after as far as the
 * last window goes (which in ceil_mode is further than the padding, and with strides may be less, even inside of x).
 */
export function padToWindows(x: Value, axes: readonly StaticWindowAxis[], value = 0): Value {
  const before = axes.map(axis => axis.before)
  const after = axes.map(axis => Math.max(0, (axis.output - 1) * axis.stride + axis.extent - axis.before - axis.input))
  return border(x, before, after, value)
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

/**
 * The adjoint of taking every `windowSlice` of `padToWindows(x)`: adds up parts [N, C, …output], one per place in the
 * window (row-major), where they came from, giving [N, C, …input].
 *
 * Place k of window o lies at o·stride + k·dilation. Places with the same remainder by the stride fall on the same
 * sub-grid, so parts are shifted and added there, at 1/stride of the size per axis, and the sub-grids are interleaved once.
 */
export function addToWindows(parts: readonly Value[], axes: readonly StaticWindowAxis[]): Value {
  const [first] = parts
  if (!first) throw new ArgumentError({ where: 'windows', expected: 'one part per place', received: 'none' })
  const lead = staticShape(first.shape.slice(0, 2), 'windows')
  const lengths = axes.map(axis =>
    Math.ceil(Math.max(axis.before + axis.input, (axis.output - 1) * axis.stride + axis.extent) / axis.stride),
  )
  const places = windowOffsets(axes.map(axis => axis.kernel))
  const grids = windowOffsets(axes.map(axis => axis.stride)).map(remainder => {
    const here = places.flatMap((place, k) => {
      const at = axes.map((axis, i) => (place[i] ?? 0) * axis.dilation)
      const part = parts[k]
      if (!part || axes.some((axis, i) => (at[i] ?? 0) % axis.stride !== remainder[i])) return []
      const before = axes.map((axis, i) => Math.floor((at[i] ?? 0) / axis.stride))
      const after = axes.map((axis, i) => (lengths[i] ?? 0) - axis.output - (before[i] ?? 0))
      return [border(part, before, after)]
    })
    return here.length > 0
      ? here.reduce((sum, part) => add(sum, part))
      : expand(scalarLike(0, first), ints([...lead, ...lengths]))
  })
  return crop(
    interleave(
      grids,
      axes.map(axis => axis.stride),
      [...lead, ...lengths],
    ),
    axes,
  )
}

/** Sub-grids (row-major by remainder) into one grid: neighbours along an axis come from different sub-grids. */
function interleave(grids: readonly Value[], strides: readonly number[], shape: readonly number[]): Value {
  let parts = grids
  const wide = [...shape]
  for (let i = strides.length - 1; i >= 0; i--) {
    const stride = strides[i] ?? 1
    const axis = i + 2
    if (stride === 1) continue
    const column = [...wide.slice(0, axis + 1), 1, ...wide.slice(axis + 1)]
    wide[axis] = (wide[axis] ?? 0) * stride
    const joined: Value[] = []
    for (let k = 0; k < parts.length; k += stride) {
      const group = parts.slice(k, k + stride).map(part => reshapeTo(part, column))
      joined.push(reshapeTo(concat(group, { axis: axis + 1 }), wide))
    }
    parts = joined
  }
  const [grid] = parts
  if (grid) return grid
  throw new ArgumentError({ where: 'windows', expected: 'at least one sub-grid', received: 'none' })
}

const border = (x: Value, before: readonly number[], after: readonly number[], value = 0): Value =>
  [...before, ...after].every(n => n === 0) ? x : pad(x, ints([0, 0, ...before, 0, 0, ...after]), scalarLike(value, x))

/** Takes the padding off again. */
function crop(x: Value, axes: readonly StaticWindowAxis[]): Value {
  const size = staticShape(x.shape.slice(2), 'windows')
  if (axes.every((axis, i) => axis.before === 0 && axis.input === size[i])) return x
  return slice(
    x,
    ints(axes.map(axis => axis.before)),
    ints(axes.map(axis => axis.before + axis.input)),
    ints(spatialAxes(axes.length)),
  )
}
