import { isStatic, sameShape, sizeOf } from '../../../core/shape.ts'
import type { Node } from '../../../graph/node.ts'
import type { Value } from '../../../graph/value.ts'
import { add } from '../../../ops/math/add.ts'
import { gemm } from '../../../ops/math/gemm.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'

/** What a node is to matrices in blocks. */
export type Role =
  /** left · right, or left · rightᵀ. */
  | { readonly kind: 'product'; readonly left: Value; readonly right: Value; readonly transposed: boolean }
  /** product + a vector for each row, where nobody else reads the product. */
  | { readonly kind: 'bias'; readonly product: Value; readonly bias: Value }
  /** leftᵀ · right. */
  | { readonly kind: 'weightGradient'; readonly left: Value; readonly right: Value }
  /** vector · matrix: sums over rows. */
  | { readonly kind: 'sum'; readonly vector: Value; readonly matrix: Value }
  /** Each element from those at the same place, and scalars. */
  | { readonly kind: 'elementwise'; readonly operands: readonly Value[] }
  | { readonly kind: 'other' }

const other: Role = { kind: 'other' }

/** `readers`: how many nodes and outputs read a value. */
export function roleOf(node: Node, readers: (value: Value) => number): Role {
  const [a, b] = node.inputs
  const [y] = node.outputs
  const { operator } = node
  if (!operator || !a || !y || node.outputs.length !== 1 || !usable(y) || !usable(a)) return other
  if (operator === matMul && b && usable(b)) {
    if (a.shape.length >= 2 && b.shape.length === 2) return { kind: 'product', left: a, right: b, transposed: false }
    return a.shape.length === 1 && b.shape.length === 2 ? { kind: 'sum', vector: a, matrix: b } : other
  }
  if (operator === gemm && b && usable(b)) {
    const { alpha, transA, transB } = gemm.read(node.attributes)
    if (alpha !== 1 || node.inputs[2] || (transA && transB)) return other
    if (transA) return { kind: 'weightGradient', left: a, right: b }
    return { kind: 'product', left: a, right: b, transposed: transB === 1 }
  }
  if (operator === add && b && usable(b)) {
    const bias = biasOf(a, b, readers) ?? biasOf(b, a, readers)
    if (bias) return bias
  }
  if (operator.traits.reshapes)
    return a.shape.at(-1) === y.shape.at(-1) && y.shape.length >= 2 ? { kind: 'elementwise', operands: [a] } : other
  if (!operator.traits.elementwise || y.shape.length < 2) return other
  const given = node.inputs.filter(value => value !== undefined)
  if (!given.every(value => usable(value) && (value.shape.length === 0 || sameShape(value.shape, y.shape))))
    return other
  return { kind: 'elementwise', operands: given.filter(value => value.shape.length > 0) }
}

function biasOf(product: Value, bias: Value, readers: (value: Value) => number): Role | undefined {
  if (bias.shape.length !== 1 || bias.shape[0] !== product.shape.at(-1)) return undefined
  return product.node?.operator === matMul && product.shape.length >= 2 && readers(product) === 1
    ? { kind: 'bias', product, bias }
    : undefined
}

const usable = (value: Value): boolean =>
  value.type !== undefined && value.dtype === 'float32' && isStatic(value.shape) && sizeOf(value.shape) > 0
