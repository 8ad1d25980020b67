import { type DType, isFloat } from '../core/dtype.ts'
import { broadcastShapes, isStatic, sizeOf, stridesOf } from '../core/shape.ts'
import { allocate, fromNumbers, type TensorData, toNumbers } from '../core/tensor-data.ts'
import type { Value } from '../graph/value.ts'

/**
 * The pieces that folding rules are made of. Imported models compute shapes with operators (Shape → Gather → Concat →
 * Reshape); folding evaluates those few integers while the graph is built, so that shapes become static.
 */

/** Only small tensors are folded: shapes, axes, scales. Weights are the runtime's to fold, with its own kernels. */
export const foldLimit = 1024

/** The elements of a small constant; `undefined` for anything else. */
export function small(value: Value | undefined): TensorData | undefined {
  const data = value?.constant
  return data && data.data.length <= foldLimit ? data : undefined
}

/** As numbers; `undefined` unless all are exact (an int64 beyond 2^53 is not). */
export function exactNumbers(tensor: TensorData | undefined): readonly number[] | undefined {
  if (!tensor || tensor.dtype === 'string') return undefined
  const numbers = Array.from(toNumbers(tensor))
  return isFloat(tensor.dtype) || numbers.every(Number.isSafeInteger) ? numbers : undefined
}

/** A tensor whose element i is element `from(i)` of `x`, bit for bit. */
export function rearranged(
  x: { readonly dtype: DType; readonly data: ArrayLike<number | bigint | string> },
  shape: readonly number[],
  from: (i: number) => number,
): TensorData {
  const data = allocate(x.dtype, sizeOf(shape))
  // Both arrays are of one dtype, which TypeScript cannot follow through the union.
  const target: (number | bigint | string)[] = data as never
  for (let i = 0; i < data.length; i++) target[i] = x.data[from(i)] ?? 0
  return { dtype: x.dtype, shape, data }
}

/** The same elements under the inferred shape: for every operator that only reshapes. */
export function foldReshape(
  x: Value,
  type: { readonly shape: readonly (number | string)[] } | undefined,
): TensorData | undefined {
  const data = small(x)
  return data && type && isStatic(type.shape) ? { dtype: data.dtype, shape: type.shape, data: data.data } : undefined
}

/** Numbers as a tensor of `dtype`; `undefined` where they do not fit it, which leaves overflow to the runtime. */
export function foldedNumbers(
  dtype: DType,
  shape: readonly number[],
  values: readonly number[],
): TensorData | undefined {
  if (dtype === 'string') return undefined
  if (!isFloat(dtype) && dtype !== 'bool' && !values.every(Number.isSafeInteger)) return undefined
  const folded = fromNumbers(dtype, shape, values)
  if (isFloat(dtype) || dtype === 'bool') return folded
  const back = toNumbers(folded)
  return values.every((value, i) => value === back[i]) ? folded : undefined
}

/**
 * Folding rule of an elementwise operator: `f` on numbers, with broadcasting. The result has `dtype`, else that of the last input
 * (Where's condition comes first). Booleans are 0 and 1. For float16 and float32 the result is rounded once, from float64.
 */
export function foldElementwise(f: (...operands: number[]) => number, dtype?: DType) {
  return (inputs: Readonly<Record<string, Value | readonly Value[] | undefined>>): TensorData | undefined => {
    const tensors = Object.values(inputs).flat().map(small)
    const all = tensors.filter(tensor => tensor !== undefined)
    const numbers = all.map(exactNumbers).filter(list => list !== undefined)
    const last = all.at(-1)
    if (!last || numbers.length !== tensors.length) return undefined
    const joined = broadcastShapes('fold', ...all.map(tensor => tensor.shape))
    if (!isStatic(joined) || sizeOf(joined) > foldLimit) return undefined
    const at = all.map(tensor => broadcastIndex(tensor.shape, joined))
    const values = Array.from({ length: sizeOf(joined) }, (_, i) =>
      f(...numbers.map((list, k) => list[at[k]?.(i) ?? 0] ?? 0)),
    )
    return foldedNumbers(dtype ?? last.dtype, joined, values)
  }
}

/** From the flat index in a broadcast shape to the flat index in an operand. */
export function broadcastIndex(own: readonly number[], joined: readonly number[]): (i: number) => number {
  const lead = joined.length - own.length
  const ownStrides = stridesOf(own)
  const strides = stridesOf(joined)
  return i => {
    let index = 0
    for (let axis = lead; axis < joined.length; axis++) {
      const position = Math.floor(i / (strides[axis] ?? 1)) % (joined[axis] ?? 1)
      if (own[axis - lead] !== 1) index += position * (ownStrides[axis - lead] ?? 0)
    }
    return index
  }
}

/** Position of a flat index along each axis. */
export function unravel(i: number, shape: readonly number[]): number[] {
  return stridesOf(shape).map((stride, axis) => Math.floor(i / stride) % (shape[axis] ?? 1))
}

/** Flat index of a position. */
export const ravel = (position: readonly number[], shape: readonly number[]): number =>
  stridesOf(shape).reduce((index, stride, axis) => index + stride * (position[axis] ?? 0), 0)
