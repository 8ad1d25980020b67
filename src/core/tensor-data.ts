import { type ArrayOf, arrayConstructor, type DataArray, type DType } from './dtype.ts'
import { ArgumentError, ShapeError } from './errors.ts'
import { bfloat16Bits, bfloat16Value, float16Bits, float16Value } from './half.ts'
import { formatShape, sizeOf } from './shape.ts'

/** A tensor's elements in memory: row-major, in the typed array of their dtype. */
export interface TensorData<D extends DType = DType> {
  readonly dtype: D
  readonly shape: readonly number[]
  readonly data: ArrayOf[D]
}

/** Wraps an array without copying it; its length must be the shape's size. */
export function tensorData<D extends DType>(dtype: D, shape: readonly number[], data: ArrayOf[D]): TensorData<D> {
  const size = sizeOf(shape)
  if (data.length !== size) {
    throw new ShapeError({
      where: 'tensorData',
      expected: `${size} elements for shape ${formatShape(shape)}`,
      received: `${data.length}`,
    })
  }
  return { dtype, shape, data }
}

/** Zero-filled elements (empty strings for dtype string). */
export function zeros<D extends DType>(dtype: D, shape: readonly number[]): TensorData<D> {
  return { dtype, shape, data: allocate(dtype, sizeOf(shape)) }
}

export function allocate<D extends DType>(dtype: D, size: number): ArrayOf[D] {
  const make = arrayConstructor(dtype)
  const data: DataArray = make ? new make(size) : new Array<string>(size).fill('')
  // The table in dtype.ts pairs each dtype with its array; TypeScript cannot follow an index by a type parameter.
  return data as ArrayOf[D]
}

/** Elements given as numbers, converted to `dtype` (float16 and bfloat16 rounded to nearest even). */
export function fromNumbers<D extends Exclude<DType, 'string'>>(
  dtype: D,
  shape: readonly number[],
  values: ArrayLike<number>,
): TensorData<D> {
  const size = sizeOf(shape)
  if (values.length !== size) {
    throw new ShapeError({
      where: 'fromNumbers',
      expected: `${size} values for shape ${formatShape(shape)}`,
      received: `${values.length}`,
    })
  }
  const data = allocate(dtype, size)
  for (let i = 0; i < size; i++) setNumber(dtype, data, i, values[i] ?? 0)
  return { dtype, shape, data }
}

function setNumber(dtype: DType, data: DataArray, i: number, value: number): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(Math.trunc(value))
  else if (dtype === 'float16') data[i] = float16Bits(value)
  else if (dtype === 'bfloat16') data[i] = bfloat16Bits(value)
  else if (dtype === 'bool') data[i] = value ? 1 : 0
  else if (dtype === 'string')
    throw new ArgumentError({ where: 'tensor data', expected: 'a numeric dtype', received: 'string' })
  else data[i] = value
}

/** Elements as float64 numbers, whatever the dtype; int64 beyond 2^53 loses precision. */
export function toNumbers(tensor: TensorData): Float64Array {
  const { dtype, data } = tensor
  const out = new Float64Array(data.length)
  for (let i = 0; i < out.length; i++) {
    const value = data[i]
    if (typeof value === 'number') {
      out[i] = dtype === 'float16' ? float16Value(value) : dtype === 'bfloat16' ? bfloat16Value(value) : value
    } else if (typeof value === 'bigint') out[i] = Number(value)
    else throw new ArgumentError({ where: 'toNumbers', expected: 'a numeric tensor', received: `dtype ${dtype}` })
  }
  return out
}
