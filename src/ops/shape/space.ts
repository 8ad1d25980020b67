import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, staticShape } from '../../core/shape.ts'
import type { Batched } from '../../graph/operator.ts'
import type { Value } from '../../graph/value.ts'
import { reshapeTo } from './reshape.ts'

/** What DepthToSpace, SpaceToDepth and other operators on [N, C, …] images share. */

/** A divisor of a dimension, or a typed error. */
export function divided(where: string, dim: Dim | undefined, by: number, what: string): Dim {
  if (!Number.isInteger(by) || by < 1)
    throw new ArgumentError({ where, expected: 'a blocksize of at least 1', received: String(by) })
  if (typeof dim !== 'number') return by === 1 ? (dim ?? 0) : `${dim}/${by}`
  if (dim % by === 0) return dim / by
  throw new ShapeError({ where, expected: `a ${what} that ${by} divides`, received: String(dim) })
}

export const multiplied = (dim: Dim | undefined, by: number): Dim =>
  typeof dim === 'number' ? dim * by : `${dim}*${by}`

export function requireImages(where: string, x: Value): void {
  if (x.shape.length !== 4)
    throw new ShapeError({ where, expected: 'images [N, C, H, W]', received: `shape ${formatShape(x.shape)}` })
}

/** Batching rule of an operator that treats the N of [N, …] as a batch already: the two become one axis, and two again. */
export function foldIntoFirst(x: Batched, size: number, apply: (x: Value) => Value): Value {
  const [, n = 1, ...rest] = staticShape(x.value.shape, 'vmap')
  const y = apply(reshapeTo(x.value, [size * n, ...rest]))
  const [, ...result] = staticShape(y.shape, 'vmap')
  return reshapeTo(y, [size, n, ...result])
}
