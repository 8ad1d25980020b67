import { broadcastShapes } from '../../core/shape.ts'
import type { TensorType } from '../../graph/value.ts'
import { requireBool, requireInteger, requireNumeric, sameDType } from '../infer.ts'

/** Inference rules of the operators that compare or combine two tensors of one dtype, with broadcasting. */

interface Pair {
  readonly a: TensorType
  readonly b: TensorType
}
type Require = (where: string, input: TensorType) => void

const pairwise = (where: string, { a, b }: Pair, require?: Require): TensorType => {
  require?.(where, a)
  return { dtype: sameDType(where, a, b), shape: broadcastShapes(where, a.shape, b.shape) }
}

/** <, ≤, >, ≥: two numeric tensors to bool. */
export const ordering =
  (where: string) =>
  (pair: Pair): TensorType => ({ ...pairwise(where, pair, requireNumeric), dtype: 'bool' })

/** =: two tensors of any dtype to bool. */
export const equality =
  (where: string) =>
  (pair: Pair): TensorType => ({ ...pairwise(where, pair), dtype: 'bool' })

/** And, Or, Xor: two bool tensors. */
export const logicalBinary =
  (where: string) =>
  (pair: Pair): TensorType =>
    pairwise(where, pair, requireBool)

/** Bitwise operators: two integer tensors of one dtype. */
export const integerBinary =
  (where: string) =>
  (pair: Pair): TensorType =>
    pairwise(where, pair, requireInteger)
