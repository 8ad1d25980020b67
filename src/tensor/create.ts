import { type ArrayOf, arrayConstructor, type DType, type NumericArray } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { Rng } from '../core/rng.ts'
import { formatShape, sizeOf } from '../core/shape.ts'
import { fromNumbers, tensorData } from '../core/tensor-data.ts'
import { leafOf } from './source.ts'
import { Tensor } from './tensor.ts'
import type { Dims } from './types.ts'

/** Elements as JavaScript writes them: nested arrays of one kind. */
export type NestedInput<E> = E | readonly NestedInput<E>[]
type NumericDType = Exclude<DType, 'string' | 'bool'>
type TypedDType<A> = A extends Float32Array
  ? 'float32'
  : A extends Float64Array
    ? 'float64'
    : A extends Int8Array
      ? 'int8'
      : A extends Int16Array
        ? 'int16'
        : A extends Int32Array
          ? 'int32'
          : A extends BigInt64Array
            ? 'int64'
            : A extends Uint16Array
              ? 'uint16'
              : A extends Uint32Array
                ? 'uint32'
                : A extends BigUint64Array
                  ? 'uint64'
                  : 'uint8'

export interface TensorOptions<D extends DType, S extends Dims> {
  readonly dtype?: D
  readonly shape?: S
}

/**
 * A tensor from nested arrays (numbers → float32, bigints → int64, booleans → bool, strings → string), or from a typed array,
 * which is used as it is, without a copy: do not change it afterwards. `shape` arranges a flat list.
 */
export function tensor<D extends NumericDType = 'float32', const S extends Dims = Dims>(
  data: NestedInput<number>,
  options?: TensorOptions<D, S>,
): Tensor<D, S>
export function tensor<D extends NumericDType = 'int64', const S extends Dims = Dims>(
  data: NestedInput<bigint>,
  options?: TensorOptions<D, S>,
): Tensor<D, S>
export function tensor<const S extends Dims = Dims>(
  data: NestedInput<boolean>,
  options?: TensorOptions<'bool', S>,
): Tensor<'bool', S>
export function tensor<const S extends Dims = Dims>(
  data: NestedInput<string>,
  options?: TensorOptions<'string', S>,
): Tensor<'string', S>
export function tensor<A extends NumericArray, D extends DType = TypedDType<A>, const S extends Dims = Dims>(
  data: A,
  options?: TensorOptions<D, S>,
): Tensor<D, S>
export function tensor(
  data: NestedInput<number> | NestedInput<bigint> | NestedInput<boolean> | NestedInput<string> | NumericArray,
  options: TensorOptions<DType, Dims> = {},
): Tensor {
  if (ArrayBuffer.isView(data)) return fromArray(data, options)
  const elements: (number | bigint | boolean | string)[] = []
  const found = collect(data, elements, [])
  const shape = options.shape ?? found
  const [first] = elements
  const dtype =
    options.dtype ??
    (typeof first === 'bigint'
      ? 'int64'
      : typeof first === 'boolean'
        ? 'bool'
        : typeof first === 'string'
          ? 'string'
          : 'float32')
  const odd = elements.find(element => typeof element !== typeof first)
  if (odd !== undefined || (dtype === 'string') !== (typeof first === 'string' && elements.length > 0)) {
    throw new ArgumentError({
      where: 'tensor',
      expected: `elements of one kind, for dtype ${dtype}`,
      received: odd === undefined ? typeof first : `${typeof first} and ${typeof odd}`,
    })
  }
  requireSize('tensor', shape, elements.length)
  if (dtype === 'string') return new Tensor(leafOf(tensorData('string', shape, elements.map(String))))
  if (typeof first === 'bigint' && (dtype === 'int64' || dtype === 'uint64')) {
    // Not through numbers, which end at 2^53.
    const exact = elements.map(element => BigInt(element))
    return new Tensor(
      leafOf(
        dtype === 'int64'
          ? tensorData(dtype, shape, BigInt64Array.from(exact))
          : tensorData(dtype, shape, BigUint64Array.from(exact)),
      ),
    )
  }
  return new Tensor(leafOf(fromNumbers(dtype, shape, elements.map(Number))))
}

function fromArray(data: NumericArray, options: TensorOptions<DType, Dims>): Tensor {
  const own = dtypeOfArray(data)
  const dtype = options.dtype ?? own
  const shape = options.shape ?? [data.length]
  requireSize('tensor', shape, data.length)
  // bool shares Uint8Array, and the half types Uint16Array: a view of the right kind is taken as elements.
  if (arrayConstructor(dtype) === arrayConstructor(own))
    return new Tensor(leafOf(tensorData(dtype, shape, data as ArrayOf[DType])))
  if (dtype === 'string')
    throw new ArgumentError({ where: 'tensor', expected: 'strings, for dtype string', received: own })
  return new Tensor(leafOf(fromNumbers(dtype, shape, Array.from(data, Number))))
}

const arrayDTypes = [
  'float32',
  'float64',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
] as const

function dtypeOfArray(data: NumericArray): DType {
  const found = arrayDTypes.find(dtype => data.constructor === arrayConstructor(dtype))
  if (found) return found
  throw new ArgumentError({
    where: 'tensor',
    expected: `the typed array of a dtype (${arrayDTypes.join(', ')})`,
    received: data.constructor.name,
  })
}

function collect(
  node: NestedInput<number | bigint | boolean | string>,
  elements: unknown[],
  path: readonly number[],
): number[] {
  if (!Array.isArray(node)) {
    elements.push(node)
    return []
  }
  const [first, ...rest] = node.map((child, i) => collect(child, elements, [...path, i]))
  const odd = rest.findIndex(shape => formatShape(shape) !== formatShape(first ?? []))
  if (odd >= 0) {
    throw new ShapeError({
      where: `tensor, at [${[...path, odd + 1].join('][')}]`,
      expected: `an entry of shape ${formatShape(first ?? [])}, like its neighbours`,
      received: formatShape(rest[odd] ?? []),
    })
  }
  return [node.length, ...(first ?? [])]
}

function requireSize(where: string, shape: Dims, given: number): void {
  if (sizeOf(shape) === given && shape.every(dim => Number.isInteger(dim) && dim >= 0)) return
  throw new ShapeError({
    where,
    expected: `${sizeOf(shape)} elements for shape ${formatShape(shape)}`,
    received: String(given),
  })
}

interface Typed<D extends DType> {
  readonly dtype?: D
}

/** A tensor filled with one number. */
export function full<const S extends Dims, D extends NumericDType | 'bool' = 'float32'>(
  shape: S,
  value: number,
  { dtype }: Typed<D> = {},
): Tensor<D, S> {
  const kind: NumericDType | 'bool' = dtype ?? 'float32'
  return new Tensor(leafOf(fromNumbers(kind, shape, new Float64Array(sizeOf(shape)).fill(value))))
}
export const zeros = <const S extends Dims, D extends NumericDType | 'bool' = 'float32'>(
  shape: S,
  options: Typed<D> = {},
): Tensor<D, S> => full(shape, 0, options)
export const ones = <const S extends Dims, D extends NumericDType | 'bool' = 'float32'>(
  shape: S,
  options: Typed<D> = {},
): Tensor<D, S> => full(shape, 1, options)

/** The identity matrix, n × m (m = n by default). */
export function eye<D extends NumericDType | 'bool' = 'float32'>(
  n: number,
  { columns = n, dtype }: Typed<D> & { readonly columns?: number } = {},
): Tensor<D, readonly [number, number]> {
  const kind: NumericDType | 'bool' = dtype ?? 'float32'
  const values = Float64Array.from({ length: n * columns }, (_, i) => (Math.floor(i / columns) === i % columns ? 1 : 0))
  return new Tensor(leafOf(fromNumbers(kind, [n, columns], values)))
}

/** `arange(n)`: 0 … n − 1. `arange(start, stop, { step })`: up to but without `stop`. */
export function arange<D extends NumericDType = 'float32'>(
  start: number,
  stop?: number,
  { step = 1, dtype }: Typed<D> & { readonly step?: number } = {},
): Tensor<D, readonly [number]> {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  if (step === 0) throw new ArgumentError({ where: 'arange', expected: 'a step other than 0', received: '0' })
  const length = Math.max(0, Math.ceil((to - from) / step))
  const kind: NumericDType = dtype ?? 'float32'
  return new Tensor(
    leafOf(
      fromNumbers(
        kind,
        [length],
        Float64Array.from({ length }, (_, i) => from + i * step),
      ),
    ),
  )
}

/** `count` numbers at equal distances from `start` to `stop`, both included. */
export function linspace<D extends NumericDType = 'float32'>(
  start: number,
  stop: number,
  count: number,
  { dtype }: Typed<D> = {},
): Tensor<D, readonly [number]> {
  const kind: NumericDType = dtype ?? 'float32'
  const step = count > 1 ? (stop - start) / (count - 1) : 0
  return new Tensor(
    leafOf(
      fromNumbers(
        kind,
        [count],
        Float64Array.from({ length: count }, (_, i) => (i === count - 1 && count > 1 ? stop : start + i * step)),
      ),
    ),
  )
}

interface RandomOptions<D extends DType> extends Typed<D> {
  /** The same seed gives the same numbers everywhere. A generator is moved on by what is drawn. */
  readonly seed: number | Rng
}
type FloatKind = 'float32' | 'float64' | 'float16' | 'bfloat16'

function draw<D extends DType, S extends Dims>(
  shape: S,
  dtype: NumericDType,
  seed: number | Rng,
  next: (rng: Rng) => number,
): Tensor<D, S> {
  const rng = typeof seed === 'number' ? new Rng(seed) : seed
  return new Tensor(
    leafOf(
      fromNumbers(
        dtype,
        shape,
        Float64Array.from({ length: sizeOf(shape) }, () => next(rng)),
      ),
    ),
  )
}

/** Random tensors, drawn when called; `seed` is required, so that every run can be repeated. */
export const random = {
  /** Standard normal, or with `mean` and `stddev`. */
  normal: <const S extends Dims, D extends FloatKind = 'float32'>(
    shape: S,
    options: RandomOptions<D> & { readonly mean?: number; readonly stddev?: number },
  ): Tensor<D, S> =>
    draw(
      shape,
      options.dtype ?? 'float32',
      options.seed,
      rng => (options.mean ?? 0) + (options.stddev ?? 1) * rng.normal(),
    ),
  /** Uniform in [low, high), [0, 1) by default. */
  uniform: <const S extends Dims, D extends FloatKind = 'float32'>(
    shape: S,
    options: RandomOptions<D> & { readonly low?: number; readonly high?: number },
  ): Tensor<D, S> =>
    draw(
      shape,
      options.dtype ?? 'float32',
      options.seed,
      rng => (options.low ?? 0) + ((options.high ?? 1) - (options.low ?? 0)) * rng.uniform(),
    ),
  /** Integers in [low, high). */
  integers: <const S extends Dims, D extends NumericDType = 'int64'>(
    shape: S,
    options: RandomOptions<D> & { readonly low?: number; readonly high: number },
  ): Tensor<D, S> =>
    draw(
      shape,
      options.dtype ?? 'int64',
      options.seed,
      rng => (options.low ?? 0) + rng.below(options.high - (options.low ?? 0)),
    ),
}
