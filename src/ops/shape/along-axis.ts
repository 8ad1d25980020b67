import { isFloat } from '../../core/dtype.ts'
import { DTypeError } from '../../core/errors.ts'
import { sizeOf, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints, scalarLike } from '../constants.ts'
import { matMul } from '../math/mat-mul.ts'
import { expand } from './expand.ts'
import { reshapeTo } from './reshape.ts'

/** A constant matrix [rows, columns] that maps the elements along one axis, and what it transposes to. */
export interface AxisMap {
  readonly axis: number
  readonly rows: number
  readonly columns: number
  /** Row-major elements. */
  readonly elements: Float64Array
}

export function axisMap(axis: number, rows: number, columns: number): AxisMap {
  return { axis, rows, columns, elements: new Float64Array(rows * columns) }
}

/** The adjoint of a map. */
export function transposed({ axis, rows, columns, elements }: AxisMap): AxisMap {
  return {
    axis,
    rows: columns,
    columns: rows,
    elements: elements.map((_, i) => elements[(i % rows) * columns + Math.floor(i / rows)] ?? 0),
  }
}

/**
 * y[…, r, …] = Σ_c M[r, c] · x[…, c, …] along one axis of a static shape. Resizing, reflecting and other borders are such products,
 * so one rule differentiates them all: the gradient is the product with Mᵀ.
 */
export function alongAxis(x: Value, map: AxisMap): Value {
  const { axis, rows, columns, elements } = map
  const shape = staticShape(x.shape, 'a product along an axis')
  if (!isFloat(x.dtype))
    throw new DTypeError({ where: 'a product along an axis', expected: 'a floating-point tensor', received: x.dtype })
  const before = sizeOf(shape.slice(0, axis))
  const after = sizeOf(shape.slice(axis + 1))
  const result = [...shape.slice(0, axis), rows, ...shape.slice(axis + 1)]
  if (columns === 0) return expand(scalarLike(0, x), ints(result))
  if (after === 1) {
    const right = transposed(map)
    return reshapeTo(
      matMul(reshapeTo(x, [before, columns]), constant(Array.from(right.elements), [columns, rows], x.dtype)),
      result,
    )
  }
  const matrix = constant(Array.from(elements), [rows, columns], x.dtype)
  return reshapeTo(matMul(matrix, reshapeTo(x, [before, columns, after])), result)
}
