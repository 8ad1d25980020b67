import type { DType } from './dtype.ts'
import { ShapeError } from './errors.ts'
import { fromNumbers, type TensorData } from './tensor-data.ts'

/** Numbers in nested arrays: `[[1, 2], [3, 4]]`. */
export type Nested = number | readonly Nested[]

export const isTensorData = (value: unknown): value is TensorData =>
  typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value && 'data' in value

/** Nested arrays → a tensor; throws when rows differ in length. */
export function fromNested(nested: Nested, dtype: Exclude<DType, 'string'>, where: string): TensorData {
  const shape: number[] = []
  for (let level: Nested | undefined = nested; typeof level === 'object'; level = level[0]) shape.push(level.length)
  const flat: number[] = []
  const walk = (node: Nested, depth: number): void => {
    if (typeof node === 'number' && depth === shape.length) flat.push(node)
    else if (typeof node === 'object' && node.length === shape[depth]) for (const child of node) walk(child, depth + 1)
    else
      throw new ShapeError({
        where,
        expected: `nested arrays of one shape, [${shape.join(', ')}]`,
        received: 'rows that differ in length or depth',
      })
  }
  walk(nested, 0)
  return fromNumbers(dtype, shape, flat)
}
