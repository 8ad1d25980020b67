import { ShapeError } from '../../core/errors.ts'
import { broadcastShapes, formatShape, type Shape } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import type { Batched } from '../../graph/operator.ts'
import type { Value } from '../../graph/value.ts'
import { logicalRank, padRank } from '../batching.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { unbroadcast } from '../gradients.ts'
import { equalDims, requireFloat, sameDType } from '../infer.ts'
import { transpose } from '../shape/transpose.ts'

const attrs = {
  alpha: attr.float(1),
  transA: attr.int(0),
  transB: attr.int(0),
  transBatchA: attr.int(0),
  transBatchB: attr.int(0),
}

/**
 * alpha·A′B′ on stacks of matrices, like MatMul. `transA` transposes A's last two axes; `transBatchA` moves, before that, A's
 * first axis behind its batch axes: [M, batch…, K] → [batch…, M, K]. ONNX Runtime's own operator.
 */
export const fusedMatMul: Op<['a', 'b'], ['y'], typeof attrs> = defineOp({
  type: 'FusedMatMul',
  domain: 'com.microsoft',
  since: 1,
  inputs: ['a', 'b'],
  attrs,
  infer: ({ a, b }, { transA, transB, transBatchA, transBatchB }) => {
    requireFloat('FusedMatMul', a)
    const received = `${formatShape(a.shape)} × ${formatShape(b.shape)}`
    const [batchA, m, k] = operandShape(a.shape, transA, transBatchA)
    const [batchB, k2, n] = operandShape(b.shape, transB, transBatchB)
    equalDims('FusedMatMul', k, k2, `the inner dimensions to agree (${k} and ${k2} do not)`, received)
    return { dtype: sameDType('FusedMatMul', a, b), shape: [...broadcastShapes('FusedMatMul', batchA, batchB), m, n] }
  },
  // Y = αA′B′: dA′ = α dY B′ᵀ, dB′ = α A′ᵀ dY, and the transpose of each where the operand itself was transposed.
  vjp: ({ a, b }, _y, dy, { alpha, transA, transB, transBatchA, transBatchB }) => {
    const A = transBatchA ? firstToRows(a) : a
    const B = transBatchB ? firstToRows(b) : b
    const dA = transA
      ? fusedMatMul(B, dy, { alpha, transA: transB, transB: 1 })
      : fusedMatMul(dy, B, { alpha, transB: 1 - transB })
    const dB = transB
      ? fusedMatMul(dy, A, { alpha, transA: 1, transB: transA })
      : fusedMatMul(A, dy, { alpha, transA: 1 - transA })
    const [ownA, ownB] = [unbroadcast(dA, A), unbroadcast(dB, B)]
    return { a: transBatchA ? rowsToFirst(ownA) : ownA, b: transBatchB ? rowsToFirst(ownB) : ownB }
  },
  batch: ({ a, b }, { call, attributes }) => {
    const rank = Math.max(logicalRank(a), logicalRank(b))
    const ordered = (x: Batched, moved: number) =>
      moved ? { value: firstToRows(x.value, x.batched), batched: x.batched } : x
    const A = padRank(ordered(a, attributes.transBatchA), rank)
    const B = padRank(ordered(b, attributes.transBatchB), rank)
    return call({ a: A, b: B }, { ...attributes, transBatchA: 0, transBatchB: 0 })
  },
  samples: [
    { a: [3, 4], b: [4, 5], attrs: { alpha: 0.5 } },
    { a: [2, 4, 3], b: [2, 5, 4], attrs: { transA: 1, transB: 1 } },
    { a: [2, 1, 3, 4], b: [3, 5, 4], attrs: { transB: 1, alpha: 2 } },
    { a: [3, 2, 4], b: [2, 4, 5], attrs: { transBatchA: 1 } },
    { a: [4, 2, 3], b: [5, 2, 4], attrs: { transBatchA: 1, transA: 1, transBatchB: 1, transB: 1 } },
  ],
  traits: { flops: fusedFlops },
})

/** Batch axes, rows and columns of an operand as the product sees it. */
function operandShape(shape: Shape, trans: number, transBatch: number): [Shape, Shape[number], Shape[number]] {
  if (shape.length < 2) {
    throw new ShapeError({
      where: 'FusedMatMul',
      expected: 'matrices or stacks of matrices',
      received: formatShape(shape),
    })
  }
  const [first = 1, ...rest] = shape
  const ordered = transBatch ? [...rest.slice(0, -1), first, ...rest.slice(-1)] : shape
  const [rows = 1, columns = 1] = ordered.slice(-2)
  return trans ? [ordered.slice(0, -2), columns, rows] : [ordered.slice(0, -2), rows, columns]
}

/** [M, batch…, K] → [batch…, M, K], behind a vmap axis if there is one. */
function firstToRows(x: Value, batched = false): Value {
  const axes = x.shape.map((_, axis) => axis)
  const lead = batched ? axes.splice(0, 1) : []
  const [first = 0, ...rest] = axes
  return transpose(x, { perm: [...lead, ...rest.slice(0, -1), first, ...rest.slice(-1)] })
}

/** [batch…, M, K] → [M, batch…, K]. */
function rowsToFirst(x: Value): Value {
  const axes = x.shape.map((_, axis) => axis)
  return transpose(x, { perm: [...axes.slice(-2, -1), ...axes.slice(0, -2), ...axes.slice(-1)] })
}

/** 2·M·N·K per matrix. */
function fusedFlops(node: Node): number {
  const a = node.inputs[0]?.shape ?? []
  const k =
    node.attributes['transA']?.value === 1 ? (node.attributes['transBatchA']?.value === 1 ? a[0] : a.at(-2)) : a.at(-1)
  const size = node.outputs[0]?.shape.reduce<number>((n, dim) => n * (typeof dim === 'number' ? dim : 1), 1) ?? 0
  return 2 * size * (typeof k === 'number' ? k : 1)
}
