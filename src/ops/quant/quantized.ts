import type { DType } from '../../core/dtype.ts'
import { DTypeError, ShapeError } from '../../core/errors.ts'
import { broadcastShapes, formatShape, normalizeAxis, type Shape } from '../../core/shape.ts'
import type { TensorType } from '../../graph/value.ts'
import { equalDims } from '../infer.ts'

/** What linear quantisation shares: x ≈ (q − zero point) · scale. */

/** Why nothing here has a gradient. */
export const rounded = 'quantised values are integers; train in floating point and quantise afterwards'

/** Throws unless the scale is a scalar, has one entry per index of `axis`, or one per block along it; the zero point must match it. */
export function checkScale(
  where: string,
  x: TensorType,
  scale: TensorType,
  zero: TensorType | undefined,
  axis: number,
  block: number,
): void {
  if (zero && zero.shape.length !== scale.shape.length) {
    throw new ShapeError({
      where,
      expected: `a zero point of the scale's shape, ${formatShape(scale.shape)}`,
      received: formatShape(zero.shape),
    })
  }
  if (scale.shape.length === 0 || (scale.shape.length === 1 && scale.shape[0] === 1 && block === 0)) return
  const at = normalizeAxis(axis, x.shape.length, where)
  const dim = x.shape[at]
  const expected: Shape =
    block > 0
      ? x.shape.map((own, i) => (i === at && typeof own === 'number' ? Math.ceil(own / block) : own))
      : [dim ?? 0]
  const fits =
    scale.shape.length === expected.length &&
    scale.shape.every((own, i) => own === expected[i] || typeof own === 'string' || typeof expected[i] === 'string')
  if (!fits) {
    throw new ShapeError({
      where,
      expected: `a scalar scale, or one of shape ${formatShape(expected)} (axis ${at})`,
      received: formatShape(scale.shape),
    })
  }
}

/** Throws unless the dtype is one of those that hold quantised values. */
export function requireQuantized(where: string, name: string, x: TensorType, allowed: readonly DType[]): void {
  if (!allowed.includes(x.dtype))
    throw new DTypeError({ where, expected: `'${name}' of dtype ${allowed.join(' or ')}`, received: x.dtype })
}

/** Shape of a matrix product, by NumPy's rules for matrices and stacks of them. */
export function productShape(where: string, a: Shape, b: Shape): Shape {
  const received = `${formatShape(a)} × ${formatShape(b)}`
  if (a.length < 2 || b.length < 2)
    throw new ShapeError({ where, expected: 'matrices or stacks of matrices', received })
  const [m = 1, k = 1] = a.slice(-2)
  const [k2 = 1, n = 1] = b.slice(-2)
  equalDims(where, k, k2, `the inner dimensions to agree (${k} and ${k2} do not)`, received)
  return [...broadcastShapes(where, a.slice(0, -2), b.slice(0, -2)), m, n]
}
