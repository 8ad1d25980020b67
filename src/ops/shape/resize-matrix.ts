import { ArgumentError } from '../../core/errors.ts'
import { type AxisMap, axisMap } from './along-axis.ts'

/** Resize along one axis as a matrix, by the formulas of the ONNX specification (Resize-19). */

export interface ResizeAttributes {
  readonly antialias: number
  readonly coordinate_transformation_mode: string
  readonly cubic_coeff_a: number
  readonly exclude_outside: number
  readonly extrapolation_value: number
  readonly mode: string
  readonly nearest_mode: string
}

/** One resized axis: sizes, the scale as given, and for tf_crop_and_resize the part of the axis. */
export interface ResizedAxis {
  readonly axis: number
  readonly from: number
  readonly to: number
  readonly scale: number
  readonly roi: readonly [number, number]
}

const { fround } = Math

/**
 * Position in the input of output element i; `undefined` where the region of interest leaves the input. In float32, step by step as
 * the engine has it: `nearest` rounds the result, and ties fall where those roundings put them.
 */
function sourcePosition(i: number, part: ResizedAxis, mode: string): number | undefined {
  const { from, to, roi } = part
  const scale = fround(part.scale)
  const middle = fround(fround((i + 0.5) / scale) - 0.5)
  switch (mode) {
    case 'half_pixel':
      return middle
    case 'half_pixel_symmetric': {
      // Where the output was rounded to whole elements, the difference is shared between both ends.
      const offset = fround((from / 2) * fround(1 - fround(to / fround(scale * from))))
      return fround(fround(offset + fround((i + 0.5) / scale)) - 0.5)
    }
    case 'pytorch_half_pixel':
      return to > 1 ? middle : 0
    case 'align_corners':
      return to === 1 ? 0 : fround(fround(i * (from - 1)) / (to - 1))
    case 'asymmetric':
      return fround(i / scale)
    case 'tf_crop_and_resize': {
      const [start, end] = roi
      const x =
        to > 1 ? start * (from - 1) + (i * (end - start) * (from - 1)) / (to - 1) : 0.5 * (start + end) * (from - 1)
      return x < 0 || x > from - 1 ? undefined : x
    }
    default:
      throw new ArgumentError({
        where: 'Resize',
        expected: 'a coordinate_transformation_mode of the specification, such as half_pixel',
        received: `'${mode}'`,
      })
  }
}

function roundNearest(x: number, mode: string): number {
  if (mode === 'round_prefer_floor') return Math.ceil(x - 0.5)
  if (mode === 'round_prefer_ceil') return Math.floor(x + 0.5)
  if (mode === 'floor') return Math.floor(x)
  if (mode === 'ceil') return Math.ceil(x)
  throw new ArgumentError({
    where: 'Resize',
    expected: 'nearest_mode round_prefer_floor, round_prefer_ceil, floor or ceil',
    received: `'${mode}'`,
  })
}

/** The interpolation kernel around 0, and how far it reaches: a tent, or Keys's cubic (1981). */
function kernelOf(mode: string, a: number): { reach: number; at: (x: number) => number } {
  if (mode === 'linear') return { reach: 1, at: x => Math.max(0, 1 - Math.abs(x)) }
  if (mode !== 'cubic')
    throw new ArgumentError({ where: 'Resize', expected: "mode 'nearest', 'linear' or 'cubic'", received: `'${mode}'` })
  return {
    reach: 2,
    at: signed => {
      const x = Math.abs(signed)
      if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1
      return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0
    },
  }
}

/** The matrix of one axis. Rows outside the region of interest are zero (their value is extrapolation_value). */
export function resizeMap(part: ResizedAxis, attributes: ResizeAttributes): AxisMap {
  const { from, to, scale, axis } = part
  const map = axisMap(axis, to, from)
  const put = (row: number, column: number, weight: number) => {
    map.elements[row * from + column] = (map.elements[row * from + column] ?? 0) + weight
  }
  const inside = (column: number) => Math.min(Math.max(column, 0), from - 1)
  for (let row = 0; row < to; row++) {
    const x = sourcePosition(row, part, attributes.coordinate_transformation_mode)
    if (x === undefined) continue
    if (attributes.mode === 'nearest') {
      put(row, inside(roundNearest(x, attributes.nearest_mode)), 1)
      continue
    }
    const { reach, at } = kernelOf(attributes.mode, attributes.cubic_coeff_a)
    // Antialiasing stretches the kernel over all the input that one output element stands for.
    const stretch = attributes.antialias ? Math.min(scale, 1) : 1
    const weights: { column: number; weight: number }[] = []
    for (let column = Math.floor(x - reach / stretch) + 1; column < x + reach / stretch; column++) {
      if (attributes.exclude_outside && (column < 0 || column >= from)) continue
      weights.push({ column, weight: at((column - x) * stretch) })
    }
    const total = weights.reduce((sum, { weight }) => sum + weight, 0)
    for (const { column, weight } of weights) put(row, inside(column), weight / total)
  }
  return map
}
