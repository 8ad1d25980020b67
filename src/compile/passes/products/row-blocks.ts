import { sizeOf, staticShape } from '../../../core/shape.ts'
import type { Attribute } from '../../../graph/attribute.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { Blocked, blockedConv, blockedNode, declare, fromBlocks, toBlocks } from '../convolutions/channel-blocks.ts'

/**
 * Matrices in ONNX Runtime's blocked layout. A matrix [rows, columns] is an image of one line with `columns` channels, [columns/block,
 * rows, block], and a product with another matrix a convolution of 1×1 windows. The same blocks of the right operand's columns are
 * what the convolution wants as filters. Declared as [1, columns, 1, rows]; the long axis is last, since the engine's scalar operands are
 * slow beside a last axis of 1.
 */

/** Rows and columns of a value […, columns]. */
export function matrixShape(x: Value): readonly [rows: number, columns: number] {
  const shape = staticShape(x.shape, 'matrix product')
  return [sizeOf(shape.slice(0, -1)), shape.at(-1) ?? 1]
}

/** Blocks of columns: [columns/block, rows, block]. */
export function columnBlocks(x: Value): Blocked {
  const [rows, columns] = matrixShape(x)
  const image = reshape(x, ints([1, 1, rows, columns]))
  return new Blocked(blockedNode('ReorderInput', [image], [1, columns, 1, rows], { channels_last: int(1) }))
}

/** Blocks of rows, which is the transpose in blocks of columns: [rows/block, columns, block]. */
export function rowBlocks(x: Value): Blocked {
  const [rows, columns] = matrixShape(x)
  return toBlocks(reshape(x, ints([1, rows, 1, columns])))
}

/** The plain value of `shape` whose columns lie in blocks. */
export function fromColumnBlocks({ value }: Blocked, shape: readonly number[]): Value {
  const columns = shape.at(-1) ?? 1
  const rows = sizeOf(shape) / columns
  const attributes = { channels_last: int(1), channels: int(columns) }
  return reshape(blockedNode('ReorderOutput', [value], [1, 1, rows, columns], attributes), ints(shape))
}

/** The plain matrix whose rows lie in blocks. */
export const fromRowBlocks = ({ value }: Blocked, rows: number, columns: number): Value =>
  reshape(fromBlocks(declare(value, [1, rows, 1, columns])), ints([rows, columns]))

/** left [rows, inner] · right [inner, columns] + bias [columns], all in blocks of columns. */
export function blockedProduct(left: Blocked, right: Blocked, bias: Value | undefined): Blocked {
  const [, inner = 0] = staticShape(left.value.shape, 'matrix product')
  const columns = sizeOf(staticShape(right.value.shape, 'matrix product')) / inner
  const filters = new Blocked(reshape(right.value, ints([columns, inner, 1, 1])))
  return blockedConv(left, filters, bias, { group: 1, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] })
}

const int = (value: number): Attribute => ({ kind: 'int', value })
