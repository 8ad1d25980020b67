import { staticDim } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant } from '../../../ops/constants.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'

/**
 * Enlarges the last axis or the one before it to `size` elements with a windowed sinc of `radius` lobes (Lanczos; Duchon, "Lanczos
 * Filtering in One and Two Dimensions", 1979). The engine's Resize does not know it; it is linear, so a constant matrix does it.
 */
export function resampled(x: Value, axis: number, size: number, radius: number): Value {
  const from = staticDim(x.shape[axis], x.shape)
  const rows = Array.from({ length: size }, (_, i) => weights(((i + 0.5) * from) / size, from, radius))
  const last = axis === x.shape.length - 1
  if (!last) return matMul(constant(rows.flat(), [size, from]), x)
  const columns = Array.from({ length: from }, (_, j) => rows.map(row => row[j] ?? 0))
  return matMul(x, constant(columns.flat(), [from, size]))
}

/** What each element contributes at `centre`: the kernel there, the elements' centres being at half numbers, scaled to a sum of 1. */
function weights(centre: number, count: number, radius: number): readonly number[] {
  const raw = Array.from({ length: count }, (_, i) => kernel(i + 0.5 - centre, radius))
  const sum = raw.reduce((a, b) => a + b, 0)
  return raw.map(weight => weight / sum)
}

function kernel(x: number, radius: number): number {
  if (Math.abs(x) > radius) return 0
  if (Math.abs(x) < 1e-3) return 1
  const angle = Math.PI * x
  return (radius * Math.sin(angle) * Math.sin(angle / radius)) / angle ** 2
}
