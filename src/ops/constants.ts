import { type DType, isFloat } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { fromNumbers, toNumbers } from '../core/tensor-data.ts'
import { Value } from '../graph/value.ts'

/** A rank-0 constant. */
export const scalar = (value: number, dtype: Exclude<DType, 'string'> = 'float32'): Value =>
  Value.constant(fromNumbers(dtype, [], [value]))

/** A rank-0 constant of the same dtype as `like`. */
export function scalarLike(value: number, like: { readonly dtype: DType }): Value {
  if (like.dtype === 'string')
    throw new ArgumentError({ where: 'constant', expected: 'a numeric dtype', received: 'string' })
  return scalar(value, like.dtype)
}

/** A rank-1 int64 constant: axes, shapes, starts, ends. */
export const ints = (values: readonly number[]): Value => Value.constant(fromNumbers('int64', [values.length], values))

/** A tensor constant from numbers. */
export const constant = (
  values: readonly number[],
  shape: readonly number[] = [values.length],
  dtype: Exclude<DType, 'string'> = 'float32',
): Value => Value.constant(fromNumbers(dtype, shape, values))

/** A tensor constant of the same dtype as `like`. */
export function constantLike(
  values: readonly number[],
  shape: readonly number[],
  like: { readonly dtype: DType },
): Value {
  if (like.dtype === 'string')
    throw new ArgumentError({ where: 'constant', expected: 'a numeric dtype', received: 'string' })
  return constant(values, shape, like.dtype)
}

/** The elements of an integer constant; `undefined` when the value is not a constant. */
export function constantInts(value: Value | undefined): readonly number[] | undefined {
  const data = value?.constant
  return data && data.dtype !== 'string' && !isFloat(data.dtype) ? Array.from(toNumbers(data)) : undefined
}

/** The elements of a numeric constant; `undefined` when the value is not a constant. */
export function constantNumbers(value: Value | undefined): readonly number[] | undefined {
  const data = value?.constant
  return data && data.dtype !== 'string' ? Array.from(toNumbers(data)) : undefined
}

/** The elements of an integer input that the result's type depends on; throws when it is not a constant. */
export function requireInts(value: Value | undefined, where: string, name: string): readonly number[] {
  const found = constantInts(value)
  if (found) return found
  throw new ArgumentError({
    where,
    expected: `'${name}' as a constant, since the rule depends on it`,
    received: value ? 'a value that is known only when the graph runs' : 'nothing',
  })
}
