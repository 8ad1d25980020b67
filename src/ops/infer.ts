import { type DType, isFloat, isInt, isNumeric } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { broadcastShapes, formatShape, type Shape } from '../core/shape.ts'
import { formatType, type TensorType } from '../graph/value.ts'

/** The pieces that inference rules are made of. Each throws a typed error that names the operator. */

/** All inputs must have one dtype; returns it. */
export function sameDType(where: string, ...inputs: readonly TensorType[]): DType {
  const [first] = inputs
  if (first && inputs.every(input => input.dtype === first.dtype)) return first.dtype
  throw new DTypeError({
    where,
    expected: 'inputs of one dtype',
    received: inputs.map(formatType).join(' and '),
    remedy: 'Cast one of them; Tenon does not convert types silently.',
  })
}

function requireDType(where: string, input: TensorType, allowed: boolean, expected: string): void {
  if (!allowed) throw new DTypeError({ where, expected, received: input.dtype, remedy: 'Cast the input first.' })
}
export const requireFloat = (where: string, input: TensorType): void =>
  requireDType(where, input, isFloat(input.dtype), 'a floating-point tensor')
export const requireNumeric = (where: string, input: TensorType): void =>
  requireDType(where, input, isNumeric(input.dtype), 'a numeric tensor')
export const requireInteger = (where: string, input: TensorType): void =>
  requireDType(where, input, isInt(input.dtype), 'an integer tensor')
export const requireBool = (where: string, input: TensorType): void =>
  requireDType(where, input, input.dtype === 'bool', 'a bool tensor')
export const requireString = (where: string, input: TensorType): void =>
  requireDType(where, input, input.dtype === 'string', 'strings')
export const requireIndex = (where: string, input: TensorType): void =>
  requireDType(where, input, input.dtype === 'int64' || input.dtype === 'int32', 'int64 or int32 indices')

export function requireRank(where: string, input: TensorType, rank: number, meaning: string): void {
  if (input.shape.length !== rank) {
    throw new ShapeError({
      where,
      expected: `a tensor of rank ${rank} (${meaning})`,
      received: `shape ${formatShape(input.shape)}`,
      details: { rank },
    })
  }
}

/** Same type as the input, for floating-point unary operators. */
export const floatUnary =
  (where: string) =>
  ({ x }: { readonly x: TensorType }): TensorType => {
    requireFloat(where, x)
    return x
  }
/** Same type as the input, for numeric unary operators. */
export const numericUnary =
  (where: string) =>
  ({ x }: { readonly x: TensorType }): TensorType => {
    requireNumeric(where, x)
    return x
  }

/** Broadcast of two numeric inputs of one dtype. */
export const numericBinary =
  (where: string) =>
  ({ a, b }: { readonly a: TensorType; readonly b: TensorType }): TensorType => {
    requireNumeric(where, a)
    return { dtype: sameDType(where, a, b), shape: broadcastShapes(where, a.shape, b.shape) }
  }

/** Two dimensions that must be equal: the size if either is known. */
export function equalDims(
  where: string,
  a: Shape[number],
  b: Shape[number],
  expected: string,
  received: string,
): Shape[number] {
  if (a === b || typeof b === 'string') return a
  if (typeof a === 'string') return b
  throw new ShapeError({ where, expected, received })
}
