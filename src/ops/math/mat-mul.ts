import { ShapeError } from '../../core/errors.ts'
import { broadcastShapes, formatShape, isStatic, type Shape, sizeOf, staticShape } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import type { Value } from '../../graph/value.ts'
import { logicalRank, padRank } from '../batching.ts'
import { ints, scalarLike } from '../constants.ts'
import { fusedMatMul } from '../contrib/fused-mat-mul.ts'
import { defineOp, type Op } from '../define.ts'
import { reshapeLike, unbroadcast } from '../gradients.ts'
import { equalDims, requireNumeric, sameDType } from '../infer.ts'
import { expand } from '../shape/expand.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { squeeze } from '../shape/squeeze.ts'
import { unsqueeze } from '../shape/unsqueeze.ts'
import { gemm } from './gemm.ts'

/** Matrix product with NumPy's rules: batch dimensions broadcast, vectors are rows on the left and columns on the right. */
export const matMul: Op<['a', 'b']> = defineOp({
  type: 'MatMul',
  since: 13,
  inputs: ['a', 'b'],
  infer: ({ a, b }) => {
    requireNumeric('MatMul', a)
    const received = `${formatShape(a.shape)} × ${formatShape(b.shape)}`
    if (a.shape.length === 0 || b.shape.length === 0) {
      throw new ShapeError({
        where: 'MatMul',
        expected: 'vectors, matrices or stacks of matrices',
        received,
        remedy: 'Use Mul for scalars.',
      })
    }
    const [m, k] = a.shape.length === 1 ? [undefined, a.shape[0]] : [a.shape.at(-2), a.shape.at(-1)]
    const [k2, n] = b.shape.length === 1 ? [b.shape[0], undefined] : [b.shape.at(-2), b.shape.at(-1)]
    if (k !== undefined && k2 !== undefined)
      equalDims('MatMul', k, k2, `the inner dimensions to agree (${k} and ${k2} do not)`, received)
    const batch = broadcastShapes('MatMul', a.shape.slice(0, -2), b.shape.slice(0, -2))
    const shape: Shape = [...batch, ...(m === undefined ? [] : [m]), ...(n === undefined ? [] : [n])]
    return { dtype: sameDType('MatMul', a, b), shape }
  },
  // Y = AB: dA = dY Bᵀ, dB = Aᵀ dY
  vjp: ({ a, b }, _y, dy) => {
    // Of no elements: sums of nothing, for which the engine's kernels leave memory as they find it.
    if (isStatic(dy.shape) && sizeOf(dy.shape) === 0) return { a: zerosOf(a), b: zerosOf(b) }
    if (a.shape.length >= 2 && b.shape.length === 2) return flatGradients(a, b, dy)
    // Vectors become matrices for the rule, and their gradients vectors again.
    const A = a.shape.length === 1 ? unsqueeze(a, ints([0])) : a
    const B = b.shape.length === 1 ? unsqueeze(b, ints([1])) : b
    let dY = a.shape.length === 1 ? unsqueeze(dy, ints([b.shape.length === 1 ? 0 : -2])) : dy
    if (b.shape.length === 1) dY = unsqueeze(dY, ints([-1]))
    const dA = unbroadcast(fusedMatMul(dY, B, { transB: 1 }), A)
    const dB = unbroadcast(fusedMatMul(A, dY, { transA: 1 }), B)
    return {
      a: a.shape.length === 1 ? squeeze(dA, ints([0])) : dA,
      b: b.shape.length === 1 ? squeeze(dB, ints([1])) : dB,
    }
  },
  batch: ({ a, b }, { call, attributes }) => {
    // Vectors get their matrix axis first, so that the batch axis stays a batch axis.
    const rowA = logicalRank(a) === 1
    const colB = logicalRank(b) === 1
    const A = rowA ? { value: unsqueeze(a.value, ints([-2])), batched: a.batched } : a
    const B = colB ? { value: unsqueeze(b.value, ints([-1])), batched: b.batched } : b
    const rank = Math.max(logicalRank(A), logicalRank(B))
    const y = call({ a: padRank(A, rank), b: padRank(B, rank) }, attributes)
    const axes = [...(rowA ? [-2] : []), ...(colB ? [-1] : [])]
    return axes.length > 0 ? squeeze(y, ints(axes)) : y
  },
  samples: [
    { a: [3, 4], b: [4, 5] },
    { a: [2, 3, 4], b: [4, 2] },
    { a: [2, 1, 3, 4], b: [3, 4, 2] },
    { a: [4], b: [4, 3] },
    { a: [2, 3, 4], b: [4] },
    { a: [4], b: [4] },
  ],
  traits: { flops: matMulFlops },
})

/**
 * Gradients of a product with one matrix B on the right (a dense layer on [batch, time, features]): A's leading axes are merged, so
 * that both gradients are a single 2-D product, with no stack of products to add up and no transposed copy.
 */
function flatGradients(a: Value, b: Value, dy: Value): { readonly a: Value; readonly b: Value } {
  const flat = (x: Value) => {
    if (x.shape.length === 2) return x
    const lead = x.shape.slice(0, -1)
    return reshapeTo(x, [isStatic(lead) ? sizeOf(lead) : -1, ...staticShape(x.shape.slice(-1), 'gradient of MatMul')])
  }
  const dY = flat(dy)
  return {
    a: reshapeLike(gemm(dY, b, undefined, { transB: 1 }), a),
    b: gemm(flat(a), dY, undefined, { transA: 1 }),
  }
}

const zerosOf = (x: Value): Value => expand(scalarLike(0, x), ints(staticShape(x.shape, 'gradient of MatMul')))

/** 2·M·N·K per matrix. */
function matMulFlops(node: Node): number {
  const k = node.inputs[0]?.shape.at(-1)
  const size = node.outputs[0]?.shape.reduce<number>((n, dim) => n * (typeof dim === 'number' ? dim : 1), 1) ?? 0
  return 2 * size * (typeof k === 'number' ? k : 1)
}
