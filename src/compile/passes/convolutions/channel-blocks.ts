import { staticShape } from '../../../core/shape.ts'
import type { Attribute } from '../../../graph/attribute.ts'
import { Node } from '../../../graph/node.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { reshape } from '../../../ops/shape/reshape.ts'

/**
 * Tensors [N, C, H, W] in ONNX Runtime's own layout for convolutions on the CPU: channels in blocks of 8 (AVX2) or 16 (AVX-512), which
 * lie together for each position, [N, C/block, H, W, block]. Its kernels for it read windows where they are, without gathering them
 * first. They are operators of the domain `com.microsoft.nchwc`, which ONNX Runtime puts into models whose weights are constants;
 * in training, where weights are inputs, nobody does.
 * https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/graph/contrib_ops/nchwc_schema_defs.cc
 */
const blockedDomain = 'com.microsoft.nchwc'

/** A value whose elements lie in blocks. The engine declares its shape as [N, C, H, W] all the same, so the type keeps the two apart. */
export class Blocked {
  constructor(readonly value: Value) {}
}

/** [N, C, H, W] → blocks of channels. C is a multiple of the block. */
export const toBlocks = (x: Value): Blocked => new Blocked(blockedNode('ReorderInput', [x], x.shape, {}))

/** Blocks of channels → [N, C, H, W]. */
export const fromBlocks = ({ value }: Blocked): Value => {
  const [, channels = 0] = staticShape(value.shape, 'blocks of channels')
  return blockedNode('ReorderOutput', [value], value.shape, { channels: { kind: 'int', value: channels } })
}

/**
 * [L, block, …] → [L, …, block] for any [L, block, rest]: the fastest transpose that the engine has, since it is how an image of one
 * block of channels changes layout.
 */
export function blockLast(x: Value, lead: number, block: number, rest: number): Value {
  return reshape(toBlocks(reshape(x, ints([lead, block, rest, 1]))).value, ints([lead, rest, block]))
}

/** Elements in blocks under the shape that the engine wants declared. */
export const declare = (value: Value, shape: readonly number[]): Blocked => new Blocked(reshape(value, ints(shape)))

export interface BlockedWindow {
  readonly group: number
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  /** Top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number]
}

/**
 * Convolution of an image in blocks (or plain, if it has fewer channels than a block) with filters whose elements lie as
 * [M/block, (C/group)/block, h, w, block of channels, block of filters]; with one channel per group as [M/block, h, w, block];
 * for a plain image as [M/block, C, h, w, block].
 */
export function blockedConv(
  image: Blocked | Value,
  filters: Blocked,
  bias: Value | undefined,
  { group, strides, dilations, pads }: BlockedWindow,
): Blocked {
  const x = image instanceof Blocked ? image.value : image
  const [n = 0, , ...size] = staticShape(x.shape, 'Conv')
  const [m = 0, , ...kernel] = staticShape(filters.value.shape, 'Conv')
  const positions = size.map((length, i) => {
    const extent = ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1
    return Math.floor((length + (pads[i] ?? 0) + (pads[i + 2] ?? 0) - extent) / (strides[i] ?? 1)) + 1
  })
  const inputs = bias ? [x, filters.value, bias] : [x, filters.value]
  const list = (value: readonly number[]): Attribute => ({ kind: 'ints', value })
  return new Blocked(
    blockedNode('Conv', inputs, [n, m, ...positions], {
      group: { kind: 'int', value: group },
      kernel_shape: list(kernel),
      strides: list(strides),
      dilations: list(dilations),
      pads: list(pads),
    }),
  )
}

/**
 * The convolution that made these blocks, with something added to its result (in place, where nobody reads that later), or an activation
 * after it, at no cost of their own. `undefined` where none made them, or it does so already.
 */
export function extendConv(
  { value }: Blocked,
  more: { readonly sum: Blocked } | { readonly activation: 'Relu' },
): Blocked | undefined {
  const { node } = value
  if (node?.domain !== blockedDomain || node.type !== 'Conv' || 'activation' in node.attributes) return undefined
  const [image, filters, bias, sum] = node.inputs
  if ('activation' in more) {
    const activation: Attribute = { kind: 'string', value: more.activation }
    return new Blocked(blockedNode('Conv', node.inputs, value.shape, { ...node.attributes, activation }))
  }
  if (sum) return undefined
  return new Blocked(blockedNode('Conv', [image, filters, bias, more.sum.value], value.shape, node.attributes))
}

/** An operator of the domain with one output. */
export function blockedNode(
  type: 'Conv' | 'ReorderInput' | 'ReorderOutput' | 'GlobalAveragePool',
  inputs: readonly (Value | undefined)[],
  shape: Value['shape'],
  attributes: Readonly<Record<string, Attribute>>,
): Value {
  const node = new Node({
    type,
    domain: blockedDomain,
    inputs,
    attributes,
    outputs: [{ dtype: 'float32', shape }],
  })
  const [output] = node.outputs
  // A node makes one output for each type it is given.
  if (!output) throw new Error(`${type} made no output`)
  return output
}
