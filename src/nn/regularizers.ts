import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape, sizeOf } from '../core/shape.ts'
import type { Value } from '../graph/value.ts'
import { constantLike, ints, scalarLike } from '../ops/constants.ts'
import { abs } from '../ops/math/abs.ts'
import { add } from '../ops/math/add.ts'
import { matMul } from '../ops/math/mat-mul.ts'
import { min } from '../ops/math/min.ts'
import { mul } from '../ops/math/mul.ts'
import { reciprocal } from '../ops/math/reciprocal.ts'
import { sqrt } from '../ops/math/sqrt.ts'
import { reduceL1 } from '../ops/reduce/reduce-l1.ts'
import { reduceSum } from '../ops/reduce/reduce-sum.ts'
import { reduceSumSquare } from '../ops/reduce/reduce-sum-square.ts'
import { transpose } from '../ops/shape/transpose.ts'
import { notNegative, resolveWeightFunction, type Serialized, type WeightFunction } from './serialized.ts'

/** A penalty on a weight, or on a layer's output, that is added to the loss. */
export interface Regularizer extends WeightFunction {
  /** A scalar of the weight's dtype. */
  call(weight: Value): Value
}

/** l1 · Σ|w|. Default 0.01. */
export function l1(options: { readonly l1?: number | null } = {}): Regularizer {
  const factor = notNegative('l1', 'l1', options.l1 ?? 0.01)
  return { name: 'l1', config: { l1: factor }, call: weight => absolute(weight, factor) }
}

/** l2 · Σw². Default 0.01. */
export function l2(options: { readonly l2?: number | null } = {}): Regularizer {
  const factor = notNegative('l2', 'l2', options.l2 ?? 0.01)
  return { name: 'l2', config: { l2: factor }, call: weight => squared(weight, factor) }
}

/** l1 · Σ|w| + l2 · Σw². Defaults 0: no penalty. */
export function l1L2(options: { readonly l1?: number | null; readonly l2?: number | null } = {}): Regularizer {
  const config = { l1: notNegative('l1L2', 'l1', options.l1 ?? 0), l2: notNegative('l1L2', 'l2', options.l2 ?? 0) }
  return {
    name: 'l1L2',
    config,
    call(weight) {
      const parts = [
        ...(config.l1 > 0 ? [absolute(weight, config.l1)] : []),
        ...(config.l2 > 0 ? [squared(weight, config.l2)] : []),
      ]
      return parts.length === 0 ? scalarLike(0, weight) : parts.reduce((a, b) => add(a, b))
    },
  }
}

/**
 * Draws the rows (or columns) of a matrix towards right angles: factor times the mean |cos| of the angles between each two of
 * them. Matrices only.
 */
export function orthogonalRegularizer(
  options: { readonly factor?: number; readonly mode?: 'rows' | 'columns' } = {},
): Regularizer {
  const factor = notNegative('orthogonalRegularizer', 'factor', options.factor ?? 0.01)
  const { mode = 'rows' } = options
  if (mode !== 'rows' && mode !== 'columns') {
    throw new ArgumentError({
      where: 'orthogonalRegularizer',
      expected: "'mode' to be 'rows' or 'columns'",
      received: `'${String(mode)}'`,
    })
  }
  return {
    name: 'orthogonalRegularizer',
    config: { factor, mode },
    call(weight) {
      if (weight.shape.length !== 2) {
        throw new ShapeError({
          where: 'orthogonalRegularizer',
          expected: 'a matrix',
          received: `shape ${formatShape(weight.shape)}`,
        })
      }
      const rows = mode === 'rows' ? weight : transpose(weight, { perm: [1, 0] })
      const size = sizeOf(rows.shape.slice(0, 1))
      const lengths = sqrt(reduceSumSquare(rows, ints([1])))
      // As in Keras, a row shorter than its epsilon is not stretched to length 1.
      const unit = mul(rows, min([reciprocal(lengths), scalarLike(1e7, weight)]))
      const cosines = matMul(unit, transpose(unit, { perm: [1, 0] }))
      const apart = constantLike(
        Array.from({ length: size * size }, (_, i) => (Math.floor(i / size) === i % size ? 0 : 1)),
        [size, size],
        weight,
      )
      const pairs = (size * (size - 1)) / 2
      const sum = reduceSum(abs(mul(cosines, apart)), undefined, { keepdims: 0 })
      return mul(sum, scalarLike((0.5 * factor) / pairs, weight))
    },
  }
}

const absolute = (weight: Value, factor: number): Value =>
  mul(reduceL1(weight, undefined, { keepdims: 0 }), scalarLike(factor, weight))

const squared = (weight: Value, factor: number): Value =>
  mul(reduceSumSquare(weight, undefined, { keepdims: 0 }), scalarLike(factor, weight))

const byName = { l1, l2, l1L2, orthogonalRegularizer }
export type RegularizerName = keyof typeof byName

/** By name with Keras's defaults, from its serialised form, as it is, or none. A function becomes one named `custom`. */
export const resolveRegularizer = (
  given: RegularizerName | Regularizer | Serialized | ((weight: Value) => Value) | null | undefined,
  where: string,
): Regularizer | undefined => resolveWeightFunction(byName, given, where, 'a regularizer')
