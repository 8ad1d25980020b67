import { sizeOf, staticShape } from '../../../core/shape.ts'
import type { Node } from '../../../graph/node.ts'
import type { Value } from '../../../graph/value.ts'
import type { StaticWindowAxis } from '../../../ops/nn/conv-shape.ts'
import { Between, type Layout } from './between.ts'
import { blockedFilters } from './blocked-filters.ts'
import { blockedConvTranspose } from './blocked-transpose.ts'
import { blockedWeightGradient, depthwiseWeightGradient, wholeBlocks } from './blocked-weight-gradient.ts'
import { type Blocked, blockedConv, fromBlocks, toBlocks } from './channel-blocks.ts'
import type { Call, ConvolutionForms, WeightGradientCall } from './forms.ts'
import { asPlane, fromPlane, planeAxes } from './planes.ts'
import type { Uses } from './uses.ts'

/**
 * Which convolutions are worth a change of layout, and the change itself: tensors go into blocks before and out of them after each
 * (0.6 ms for 16 MB where the convolution takes 27), unless what lies in between can do without (between.ts).
 */
export class ChannelBlocks implements ConvolutionForms, Layout {
  private readonly made = new Map<Value, Blocked>()
  private readonly changed = new Map<Value, Blocked>()
  private readonly rest: Between

  constructor(
    readonly block: number,
    uses: Uses,
  ) {
    this.rest = new Between(this, uses)
  }

  between(node: Node, inputs: readonly (Value | undefined)[]): readonly Value[] | undefined {
    return this.rest.apply(node, inputs)
  }

  conv({ x, w, bias, axes, group }: Call): Value | undefined {
    const plane = planeAxes(axes)
    const [m = 0, c = 0, ...kernel] = staticShape(w.shape, 'Conv')
    if (!plane || !this.worthwhile(x, m * c, kernel, axes)) return undefined
    const depthwise = c === 1 && m === group && group > 1
    const few = group === 1 && c < this.block
    if (m % this.block !== 0 || (!depthwise && !few && !this.divides(c, m / group))) return undefined
    const [rows, columns] = plane
    const y = blockedConv(few ? asPlane(x) : this.blocks(x), blockedFilters(asPlane(w), this.block), bias, {
      group,
      strides: [rows.stride, columns.stride],
      dilations: [rows.dilation, columns.dilation],
      pads: [rows.before, columns.before, rows.after, columns.after],
    })
    return this.plain(y, x.shape.length)
  }

  convTranspose({ x: dy, w, bias, axes, group }: Call): Value | undefined {
    const plane = planeAxes(axes)
    const [m = 0, c = 0, ...kernel] = staticShape(w.shape, 'ConvTranspose')
    if (!plane || !this.worthwhile(dy, m * c, kernel, axes)) return undefined
    const depthwise = c === 1 && m === group && group > 1
    if (!(depthwise ? m % this.block === 0 : this.divides(c, m / group))) return undefined
    const y = blockedConvTranspose(this.blocks(dy), asPlane(w), bias, plane, { group, block: this.block })
    return y && this.plain(y, dy.shape.length)
  }

  weightGradient({ x, dy, axes, group }: WeightGradientCall): Value | undefined {
    const plane = planeAxes(axes)
    const [n = 0, c = 0] = staticShape(x.shape, 'gradient of Conv')
    const [, m = 0] = staticShape(dy.shape, 'gradient of Conv')
    const kernel = axes.map(axis => axis.kernel)
    // A product of plain matrices where windows are 1×1, as fast.
    if (!plane || !this.worthwhile(x, (m * c) / group, kernel, axes) || sizeOf(kernel) === 1) return undefined
    const rank = axes.length + 2
    if (group === c && m === c && group > 1) {
      if (c % this.block !== 0) return undefined
      // Where x was made plain, in blocks once more: shared with the convolution itself it would be kept until here.
      const image = this.native(x) ?? toBlocks(asPlane(x))
      return fromPlane(depthwiseWeightGradient(image, this.blocks(dy), plane, this.block), rank)
    }
    const examples = wholeBlocks(x, this.block)
    const [, columns] = plane
    if (group > 1 || m % this.block !== 0 || columns.dilation > 1 || examples > 1.25 * n) return undefined
    const image = this.native(x) ?? asPlane(x)
    return fromPlane(blockedWeightGradient(image, this.blocks(dy), plane, this.block), rank)
  }

  private divides(...channels: readonly number[]): boolean {
    return channels.every(count => count % this.block === 0)
  }

  /** Below about a million multiplications, the nodes cost more than they save; and 1×1 windows are products, as fast on plain images. */
  private worthwhile(x: Value, pairs: number, kernel: readonly number[], axes: readonly StaticWindowAxis[]): boolean {
    const [n = 0] = staticShape(x.shape, 'convolution')
    if (x.dtype !== 'float32' || (sizeOf(kernel) === 1 && !this.native(x))) return false
    return n * pairs * sizeOf([...kernel, ...axes.map(axis => axis.output)]) >= 1e6
  }

  native(x: Value): Blocked | undefined {
    return this.made.get(x)
  }

  /** Changed once for all that read it so. */
  blocks(x: Value): Blocked {
    const known = this.made.get(x) ?? this.changed.get(x)
    if (known) return known
    const blocks = toBlocks(asPlane(x))
    this.changed.set(x, blocks)
    return blocks
  }

  plain(y: Blocked, rank: number): Value {
    const value = fromPlane(fromBlocks(y), rank)
    this.made.set(value, y)
    return value
  }
}
