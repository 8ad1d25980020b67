import { ShapeError } from './errors.ts'

/** A dimension: a size, or the name of one that is known only when the graph runs. */
export type Dim = number | string
export type Shape = readonly Dim[]

export const isStatic = (shape: Shape): shape is readonly number[] => shape.every(dim => typeof dim === 'number')

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((dim, i) => dim === b[i])

/** `[2, n, 3]`. */
export const formatShape = (shape: Shape): string => `[${shape.join(', ')}]`

/** Number of elements; throws when a dimension is symbolic. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (const dim of shape) size *= staticDim(dim, shape)
  return size
}

export function staticDim(dim: Dim | undefined, shape: Shape): number {
  if (typeof dim === 'number') return dim
  throw new ShapeError({
    where: 'shape',
    expected: 'sizes that are known when the graph is built',
    received: formatShape(shape),
    remedy: 'Give the symbolic dimensions a size before this step.',
  })
}

/** Every dimension as a number, or a ShapeError. */
export function staticShape(shape: Shape, where = 'shape'): readonly number[] {
  if (isStatic(shape)) return shape
  throw new ShapeError({
    where,
    expected: 'a shape whose sizes are known when the graph is built',
    received: formatShape(shape),
    remedy: 'Give the symbolic dimensions a size before this step.',
  })
}

/** Axis in [0, rank), counting negative ones from the end. */
export function normalizeAxis(axis: number, rank: number, where: string): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis
  throw new ShapeError({
    where,
    expected: rank === 0 ? 'no axis, since the tensor is a scalar' : `an axis from ${-rank} to ${rank - 1}`,
    received: String(axis),
    details: { axis, rank },
  })
}

/** Axes normalised, sorted and checked for repeats; `undefined` means all of them. */
export function normalizeAxes(axes: readonly number[] | undefined, rank: number, where: string): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i)
  const normal = axes.map(axis => normalizeAxis(axis, rank, where)).sort((a, b) => a - b)
  if (new Set(normal).size !== normal.length) {
    throw new ShapeError({ where, expected: 'axes that do not repeat', received: `[${axes.join(', ')}]` })
  }
  return normal
}

/** One dimension of a broadcast; `undefined` when the two cannot go together. */
export function broadcastDim(a: Dim, b: Dim): Dim | undefined {
  if (a === b || b === 1) return a
  if (a === 1) return b
  // A symbol against a size above 1 must equal that size when the graph runs.
  if (typeof a === 'string') return b
  if (typeof b === 'string') return a
  return undefined
}

/** NumPy's rule: align at the right, 1 stretches. */
export function broadcastShapes(where: string, ...shapes: readonly Shape[]): Shape {
  let result: Shape = shapes[0] ?? []
  for (const shape of shapes.slice(1)) {
    const rank = Math.max(result.length, shape.length)
    const joined: Dim[] = []
    for (let i = 0; i < rank; i++) {
      const a = result[i - (rank - result.length)] ?? 1
      const b = shape[i - (rank - shape.length)] ?? 1
      const dim = broadcastDim(a, b)
      if (dim === undefined) {
        throw new ShapeError({
          where,
          expected: 'shapes that broadcast (equal dimensions, or 1, aligned at the right)',
          received: shapes.map(formatShape).join(' and '),
          details: { shapes },
        })
      }
      joined.push(dim)
    }
    result = joined
  }
  return result
}

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  let step = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step
    step *= shape[i] ?? 1
  }
  return strides
}
