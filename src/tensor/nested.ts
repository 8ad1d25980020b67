import type { DType } from '../core/dtype.ts'
import { stridesOf } from '../core/shape.ts'
import { type TensorData, toNumbers } from '../core/tensor-data.ts'

/** What JavaScript has for one element. */
export type Element<D extends DType> = D extends 'bool' ? boolean : D extends 'string' ? string : number
/** Nested arrays of a tensor's elements; the element itself for a scalar. */
export type Nested<D extends DType = DType> = Element<D> | readonly Nested<D>[]

export function itemOf(tensor: TensorData, i: number): number | boolean | string {
  return elements(tensor)(i)
}

/** Elements as nested arrays, one level for each axis. int64 beyond 2^53 loses precision. */
export function nestedOf(tensor: TensorData): Nested {
  const { shape } = tensor
  const strides = stridesOf(shape)
  const at = elements(tensor)
  const build = (axis: number, offset: number): Nested =>
    axis === shape.length
      ? at(offset)
      : Array.from({ length: shape[axis] ?? 0 }, (_, i) => build(axis + 1, offset + i * (strides[axis] ?? 1)))
  return build(0, 0)
}

function elements(tensor: TensorData): (i: number) => number | boolean | string {
  const { data } = tensor
  if (Array.isArray(data)) return i => data[i] ?? ''
  const numbers = toNumbers(tensor)
  return tensor.dtype === 'bool' ? i => numbers[i] !== 0 : i => numbers[i] ?? 0
}
