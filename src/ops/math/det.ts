import { ShapeError } from '../../core/errors.ts'
import { formatShape, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, constantLike, ints, scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { gather } from '../index/gather.ts'
import { equalDims, requireFloat } from '../infer.ts'
import { expand } from '../shape/expand.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { unsqueeze } from '../shape/unsqueeze.ts'
import { mul } from './mul.ts'

/** Determinant of each square matrix of a stack: [*, M, M] → [*]. */
export const det: Op<['x']> = defineOp({
  type: 'Det',
  since: 11,
  inputs: ['x'],
  infer: ({ x }) => {
    requireFloat('Det', x)
    const received = formatShape(x.shape)
    const [rows, columns] = x.shape.slice(-2)
    if (rows === undefined || columns === undefined) {
      throw new ShapeError({ where: 'Det', expected: 'a square matrix or a stack of them', received })
    }
    equalDims('Det', rows, columns, 'square matrices', received)
    return { dtype: x.dtype, shape: x.shape.slice(0, -2) }
  },
  // ∂det(A)/∂a_ij is the cofactor of a_ij: right for singular matrices too, where det(A)·A⁻ᵀ is not defined.
  vjp: ({ x }, _y, dy) => ({ x: mul(unsqueeze(dy, ints([-2, -1])), cofactors(x)) }),
  batch: ({ x }, { call, attributes }) => call({ x: x.value }, attributes),
  samples: [
    { x: [3, 3] },
    { x: [2, 4, 2, 2] },
    { x: [2, 1, 1] },
    { x: { values: [1, 2, 3, 2, 4, 6, 1, 0, 1], shape: [3, 3], dtype: 'float32' } },
    { x: [2, 4, 4] },
  ],
})

/** (−1)^(i+j) times the determinant of A without row i and column j, for all of them: n² determinants of one size less. */
function cofactors(x: Value): Value {
  const shape = staticShape(x.shape, 'gradient of Det')
  const lead = shape.slice(0, -2)
  const n = shape.at(-1) ?? 0
  if (n === 1) return expand(scalarLike(1, x), ints(shape))
  const places = Array.from({ length: n }, (_, i) => i)
  const minors = places.flatMap(i =>
    places.flatMap(j =>
      places.flatMap(row => places.flatMap(column => (row === i || column === j ? [] : [row * n + column]))),
    ),
  )
  const signs = places.flatMap(i => places.map(j => ((i + j) % 2 === 0 ? 1 : -1)))
  const flat = reshapeTo(x, [...lead, n * n])
  const chosen = gather(flat, constant(minors, [n * n, n - 1, n - 1], 'int64'), { axis: lead.length })
  return reshapeTo(mul(det(chosen), constantLike(signs, [n * n], x)), shape)
}
