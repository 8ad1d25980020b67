import { sizeOf } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints } from '../../../ops/constants.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'
import { reshape } from '../../../ops/shape/reshape.ts'

/** Resizing of images as TensorFlow does it: half-pixel centres, and weights that sum to 1 within the image. */

export const interpolations = ['bilinear', 'nearest', 'bicubic', 'lanczos3', 'lanczos5'] as const
export type Interpolation = (typeof interpolations)[number]

interface Kernel {
  readonly radius: number
  at(x: number): number
}

const lanczos = (radius: number): Kernel => ({
  radius,
  at(x) {
    if (Math.abs(x) < 1e-3) return 1
    const angle = Math.PI * x
    return (radius * Math.sin(angle) * Math.sin(angle / radius)) / angle ** 2
  },
})

const kernels: Readonly<Record<Exclude<Interpolation, 'nearest'>, Kernel>> = {
  bilinear: { radius: 1, at: x => 1 - Math.abs(x) },
  /** Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981. */
  bicubic: {
    radius: 2,
    at(x) {
      const t = Math.abs(x)
      return t <= 1 ? (1.5 * t - 2.5) * t * t + 1 : ((-0.5 * t + 2.5) * t - 4) * t + 2
    },
  },
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
}

/**
 * One axis brought to `to` elements: a constant matrix times the input, whatever the interpolation. `antialias` widens the kernel where
 * the image shrinks, so that every element counts.
 */
export function resampled(x: Value, axis: number, to: number, interpolation: Interpolation, antialias: boolean): Value {
  const from = Number(x.shape[axis])
  if (from === to) return x
  const rows = Array.from({ length: to }, (_, i) => weights(i, from, to, interpolation, antialias))
  if (axis === x.shape.length - 1) {
    const columns = Array.from({ length: from }, (_, j) => rows.map(row => row[j] ?? 0))
    return matMul(x, constant(columns.flat(), [from, to]))
  }
  const matrix = constant(rows.flat(), [to, from])
  const behind = x.shape.slice(axis + 1).map(Number)
  if (behind.length === 1) return matMul(matrix, x)
  const front = x.shape.slice(0, axis + 1).map(() => 0)
  const flat = reshape(x, ints([...front, sizeOf(behind)]))
  return reshape(matMul(matrix, flat), ints([...front, ...behind]))
}

/** What each of `from` elements contributes to element i of `to`. */
function weights(i: number, from: number, to: number, interpolation: Interpolation, antialias: boolean): number[] {
  const ratio = from / to
  const centre = (i + 0.5) * ratio
  const elements = Array.from({ length: from }, (_, j) => j)
  if (interpolation === 'nearest') {
    const chosen = Math.min(from - 1, Math.floor(centre))
    return elements.map(j => Number(j === chosen))
  }
  const { radius, at } = kernels[interpolation]
  const width = antialias ? Math.max(1, ratio) : 1
  const raw = elements.map(j => {
    const distance = (j + 0.5 - centre) / width
    return Math.abs(distance) < radius ? at(distance) : 0
  })
  const sum = raw.reduce((a, b) => a + b, 0)
  return raw.map(weight => weight / sum)
}
