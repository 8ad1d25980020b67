import { isFloat } from '../../core/dtype.ts'
import { ShapeError } from '../../core/errors.ts'
import { broadcastShapes, type Dim, formatShape, sameShape } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import type { Value } from '../../graph/value.ts'
import { padRank } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { unbroadcast } from '../gradients.ts'
import { equalDims, requireNumeric, requireRank, sameDType } from '../infer.ts'
import { swapLast } from '../shape/transpose.ts'
import { add } from './add.ts'
import { matMul } from './mat-mul.ts'
import { mul } from './mul.ts'

const attrs = { alpha: attr.float(1), beta: attr.float(1), transA: attr.int(0), transB: attr.int(0) }

/** alpha·A′B′ + beta·C on matrices, where A′ is A or, with `transA`, its transpose; C broadcasts to the product [M, N]. */
export const gemm: Op<['a', 'b', 'c?'], ['y'], typeof attrs> = defineOp({
  type: 'Gemm',
  since: 13,
  inputs: ['a', 'b', 'c?'],
  attrs,
  infer: ({ a, b, c }, { transA, transB }) => {
    requireNumeric('Gemm', a)
    requireRank('Gemm', a, 2, 'a matrix')
    requireRank('Gemm', b, 2, 'a matrix')
    const [m, k] = pair(a.shape, transA)
    const [k2, n] = pair(b.shape, transB)
    const received = `${formatShape(a.shape)} × ${formatShape(b.shape)} with transA: ${transA}, transB: ${transB}`
    equalDims('Gemm', k, k2, `the inner dimensions to agree (${k} and ${k2} do not)`, received)
    const shape = [m, n]
    if (c && !sameShape(broadcastShapes('Gemm', c.shape, shape), shape)) {
      throw new ShapeError({
        where: 'Gemm',
        expected: `a C that broadcasts to ${formatShape(shape)}`,
        received: formatShape(c.shape),
      })
    }
    return { dtype: c ? sameDType('Gemm', a, b, c) : sameDType('Gemm', a, b), shape }
  },
  // Y = αA′B′ + βC: dA′ = α dY B′ᵀ, dB′ = α A′ᵀ dY, and the transpose of each where the operand itself was transposed.
  vjp: ({ a, b, c }, _y, dy, { alpha, beta, transA, transB }) => {
    if (!isFloat(a.dtype)) return { a: nondiff('integers'), b: nondiff('integers'), c: nondiff('integers') }
    return {
      a: transA
        ? gemm(b, dy, undefined, { alpha, transA: transB, transB: 1 })
        : gemm(dy, b, undefined, { alpha, transB: 1 - transB }),
      b: transB
        ? gemm(dy, a, undefined, { alpha, transA: 1, transB: transA })
        : gemm(a, dy, undefined, { alpha, transA: 1 - transA }),
      c: c && unbroadcast(scaled(dy, beta), c),
    }
  },
  // Gemm takes no stacks of matrices; MatMul does.
  batch: ({ a, b, c }, { attributes: { alpha, beta, transA, transB } }) => {
    const left = transA ? swapLast(a.value) : a.value
    const right = transB ? swapLast(b.value) : b.value
    const product = scaled(matMul(left, right), alpha)
    return c ? add(product, scaled(padRank(c, 2), beta)) : product
  },
  samples: [
    { a: [3, 4], b: [4, 5], c: [5] },
    { a: [4, 3], b: [4, 5], c: [3, 1], attrs: { transA: 1, alpha: 0.5, beta: 2 } },
    { a: [3, 4], b: [5, 4], attrs: { transB: 1 } },
    { a: [4, 3], b: [5, 4], c: [], attrs: { transA: 1, transB: 1, alpha: -1 } },
    { a: [3, 4], b: [4, 1], c: [3, 1] },
  ],
  traits: { flops: gemmFlops },
})

function pair(shape: readonly Dim[], transposed: number): [Dim, Dim] {
  const [rows = 1, columns = 1] = shape
  return transposed ? [columns, rows] : [rows, columns]
}

const scaled = (x: Value, by: number): Value => (by === 1 ? x : mul(x, scalarLike(by, x)))

/** 2·M·N·K. */
function gemmFlops(node: Node): number {
  const size = (shape: readonly Dim[] = []) =>
    shape.reduce<number>((n, dim) => n * (typeof dim === 'number' ? dim : 1), 1)
  const [a, b] = node.inputs
  // M·K · K·N · M·N = (M·N·K)²
  return 2 * Math.sqrt(size(a?.shape) * size(b?.shape) * size(node.outputs[0]?.shape))
}
