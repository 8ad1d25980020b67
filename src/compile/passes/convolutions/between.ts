import { isStatic, sameShape, sizeOf, staticShape } from '../../../core/shape.ts'
import type { Node } from '../../../graph/node.ts'
import { rebuild } from '../../../graph/rewrite.ts'
import type { Value } from '../../../graph/value.ts'
import { constantInts } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { mul } from '../../../ops/math/mul.ts'
import { batchNormalization } from '../../../ops/nn/batch-normalization.ts'
import { relu } from '../../../ops/nn/relu.ts'
import { reduceSum } from '../../../ops/reduce/reduce-sum.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { runningStatistics } from '../batch-statistics.ts'
import { Blocked, extendConv } from './channel-blocks.ts'
import { channelStatistics, dotPositions, normalizeChannels, ones, scaleChannels, sumPositions } from './per-channel.ts'
import type { Uses } from './uses.ts'

/** How values of one graph get into blocks of channels and out of them. */
export interface Layout {
  readonly block: number
  /** The blocks that a value was made in. */
  native(value: Value): Blocked | undefined
  /** The value in blocks, whichever way it was made. */
  blocks(value: Value): Blocked
  /** The value of `rank` that lies in these blocks; it is written out only for who reads it so. */
  plain(blocks: Blocked, rank: number): Value
}

type Inputs = readonly (Value | undefined)[]

/**
 * What lies between convolutions (normalisation, activation, sums of branches, and their gradients) on images that a convolution made in
 * blocks: in blocks as well, so that they need not be put in order in between. A node that has no form in blocks reads them in order.
 */
export class Between {
  /** [N, C, positions] of an image in blocks. */
  private readonly rows = new Map<Value, Blocked>()
  private readonly products = new Map<Value, readonly [Blocked, Blocked]>()

  constructor(
    private readonly layout: Layout,
    private readonly uses: Uses,
  ) {}

  /** The node's outputs, or `undefined` where it reads nothing in blocks or has no form for them. */
  apply(node: Node, inputs: Inputs): readonly Value[] | undefined {
    const [x, second] = inputs
    const [y] = node.outputs
    if (!x || !y?.type || y.dtype !== 'float32' || !isStatic(y.shape)) return undefined
    if (node.operator === batchNormalization) return this.batchNormalization(node, inputs)
    if (node.operator === reshape) return this.reshape(node, x, inputs)
    if (node.operator === reduceSum) return this.sum(node, x, second)
    if (!node.operator?.traits.elementwise || node.outputs.length !== 1) return undefined
    return this.perChannel(node, x, second) ?? this.elementwise(node, inputs, y)
  }

  private batchNormalization(node: Node, [x, scale, b, mean, variance]: Inputs): readonly Value[] | undefined {
    const image = x && this.layout.native(x)
    if (!image || !scale || !b || !mean || !variance) return undefined
    const { epsilon, momentum, training_mode } = batchNormalization.read(node.attributes)
    const settings = { scale, b, epsilon }
    const rank = x.shape.length
    if (training_mode !== 1) return [this.layout.plain(normalizeChannels(image, mean, variance, settings), rank)]
    const [ownMean, ownVariance] = channelStatistics(image, this.layout.block)
    return [
      this.layout.plain(normalizeChannels(image, ownMean, ownVariance, settings), rank),
      runningStatistics(mean, ownMean, momentum),
      runningStatistics(variance, ownVariance, momentum),
    ]
  }

  /** A product with one factor per channel. */
  private perChannel(node: Node, a: Value, b: Value | undefined): readonly Value[] | undefined {
    if (node.operator !== mul || !b) return undefined
    const [x, factor] = this.layout.native(a) ? [a, b] : [b, a]
    const image = this.layout.native(x)
    const [, c = 0] = x.shape
    if (!image || !isStatic(factor.shape) || sizeOf(factor.shape) !== c) return undefined
    // [C, 1, …] beside [N, C, …]: broadcasting lines up the last axes.
    if (factor.shape.at(1 - x.shape.length) !== c) return undefined
    return [this.layout.plain(scaleChannels(image, factor), x.shape.length)]
  }

  private elementwise(node: Node, inputs: Inputs, y: Value): readonly Value[] | undefined {
    const given = inputs.filter(value => value !== undefined)
    const images = given.filter(value => value.shape.length > 0)
    const alike = images.every(image => image.dtype === 'float32' && sameShape(image.shape, y.shape))
    if (!alike || !images.some(image => this.layout.native(image))) return undefined
    const blocks = inputs.map(value => value && (value.shape.length > 0 ? this.layout.blocks(value).value : value))
    const result = this.merged(node, inputs) ?? this.each(node, blocks)
    if (!result) return undefined
    const plain = this.layout.plain(result, y.shape.length)
    const [a, b] = blocks
    if (node.operator === mul && images.length === 2 && a && b)
      this.products.set(plain, [new Blocked(a), new Blocked(b)])
    return [plain]
  }

  private each(node: Node, blocks: Inputs): Blocked | undefined {
    const [result] = rebuild(node, blocks).outputs
    return result && new Blocked(result)
  }

  /** What the convolution that made an operand, which nobody else reads, does at once: the activation, or the sum with something else. */
  private merged(node: Node, [a, b]: Inputs): Blocked | undefined {
    const [oldA, oldB] = node.inputs
    if (node.operator === relu) return a && oldA && this.conv(a, oldA, { activation: 'Relu' })
    if (node.operator !== add || !a || !b || !oldA || !oldB) return undefined
    // The sum is written over the other operand: one that is read later would be copied first.
    const [endsA, endsB] = [this.uses.endsAt(oldA, node), this.uses.endsAt(oldB, node)]
    const sum =
      (endsB && this.conv(a, oldA, { sum: this.layout.blocks(b) })) ||
      (endsA && this.conv(b, oldB, { sum: this.layout.blocks(a) }))
    if (sum) return sum
    // One pass for the sum and the activation after it.
    const [y] = node.outputs
    if (!y || this.uses.soleReader(y)?.operator !== relu || !(endsA || endsB)) return undefined
    const [kept, ending] = endsA ? [b, a] : [a, b]
    return extendConv(scaleChannels(this.layout.blocks(kept), ones(kept)), { sum: this.layout.blocks(ending) })
  }

  private conv(value: Value, old: Value, more: Parameters<typeof extendConv>[1]): Blocked | undefined {
    const made = this.uses.soleReader(old) ? this.layout.native(value) : undefined
    return made && extendConv(made, more)
  }

  /** [N, C, …] → [N, C, positions], where sums over positions follow. */
  private reshape(node: Node, x: Value, inputs: Inputs): readonly Value[] | undefined {
    const image = this.layout.native(x)
    if (!image) return undefined
    const outputs = rebuild(node, inputs).outputs
    const [y] = outputs
    const [n = 0, c = 0, ...size] = staticShape(x.shape, 'Reshape')
    if (!y || !sameShape(y.shape, [n, c, sizeOf(size)])) return undefined
    this.rows.set(y, image)
    const [old] = node.inputs
    const factors = this.products.get(x)
    if (factors && old && this.uses.soleReader(old)) this.products.set(y, factors)
    return outputs
  }

  private sum(node: Node, x: Value, axes: Value | undefined): readonly Value[] | undefined {
    const image = this.rows.get(x) ?? (x.shape.length === 3 ? this.layout.native(x) : undefined)
    const [axis, ...others] = (axes && constantInts(axes)) ?? []
    const { keepdims } = reduceSum.read(node.attributes)
    if (!image || others.length > 0 || (axis !== 2 && axis !== -1) || keepdims !== 0) return undefined
    const factors = this.products.get(x)
    const { block } = this.layout
    return [factors ? dotPositions(...factors, block) : sumPositions(image, block)]
  }
}
