import type { TensorData } from '../../core/tensor-data.ts'

export const largestInt64 = 2n ** 63n - 1n

/** A number as an int64, kept within its range: 2^63 is what the largest one becomes as a JavaScript number. */
export function toInt64(value: number): bigint {
  const whole = BigInt(Math.trunc(value))
  return whole > largestInt64 ? largestInt64 : whole < -largestInt64 - 1n ? -largestInt64 - 1n : whole
}

/** An int64 tensor, of rank 1 unless a shape is given. */
export const int64s = (values: readonly number[], shape: readonly number[] = [values.length]): TensorData => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(values, toInt64),
})
