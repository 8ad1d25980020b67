import { sizeOf, staticShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import type { StaticWindowAxis } from '../../../ops/nn/conv-shape.ts'
import { blockedFilters } from './blocked-filters.ts'
import { blockedConvTranspose } from './blocked-transpose.ts'
import { blockedWeightGradient, depthwiseWeightGradient, wholeBlocks } from './blocked-weight-gradient.ts'
import { type Blocked, blockedConv, fromBlocks, toBlocks } from './channel-blocks.ts'
import type { Call, ConvolutionForms, WeightGradientCall } from './forms.ts'
import { asPlane, fromPlane, planeAxes } from './planes.ts'

/**
 * Which convolutions are worth a change of layout, and the change itself: tensors go into blocks before and out of them after each
 * (0.6 ms for 16 MB where the convolution takes 27), so that nothing else in a graph need know of them.
 */
export class ChannelBlocks implements ConvolutionForms {
  private readonly known = new Map<Value, Blocked>()

  constructor(readonly block: number) {}

  conv({ x, w, bias, axes, group }: Call): Value | undefined {
    const plane = planeAxes(axes)
    const [m = 0, c = 0, ...kernel] = staticShape(w.shape, 'Conv')
    if (!plane || !this.worthwhile(x, m * c * sizeOf(kernel), axes) || sizeOf(kernel) === 1) return undefined
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
    return this.plain(y, axes.length)
  }

  convTranspose({ x: dy, w, bias, axes, group }: Call): Value | undefined {
    const plane = planeAxes(axes)
    const [m = 0, c = 0, ...kernel] = staticShape(w.shape, 'ConvTranspose')
    if (!plane || !this.worthwhile(dy, m * c * sizeOf(kernel), axes) || sizeOf(kernel) === 1) return undefined
    const depthwise = c === 1 && m === group && group > 1
    if (!(depthwise ? m % this.block === 0 : this.divides(c, m / group))) return undefined
    const y = blockedConvTranspose(this.blocks(dy), asPlane(w), bias, plane, { group, block: this.block })
    return y && this.plain(y, axes.length)
  }

  weightGradient({ x, dy, axes, group }: WeightGradientCall): Value | undefined {
    const plane = planeAxes(axes)
    const [n = 0, c = 0] = staticShape(x.shape, 'gradient of Conv')
    const [, m = 0] = staticShape(dy.shape, 'gradient of Conv')
    const places = sizeOf(axes.map(axis => axis.kernel))
    if (!plane || !this.worthwhile(x, (m * c * places) / group, axes) || places === 1) return undefined
    const rank = axes.length + 2
    if (group === c && m === c && group > 1) {
      if (c % this.block !== 0) return undefined
      // x in blocks once more: shared with the convolution itself it would be kept until here.
      return fromPlane(depthwiseWeightGradient(toBlocks(asPlane(x)), this.blocks(dy), plane, this.block), rank)
    }
    const examples = wholeBlocks(x, this.block)
    const [, columns] = plane
    if (group > 1 || m % this.block !== 0 || columns.dilation > 1 || examples > 1.25 * n) return undefined
    return fromPlane(blockedWeightGradient(asPlane(x), this.blocks(dy), plane, this.block), rank)
  }

  private divides(...channels: readonly number[]): boolean {
    return channels.every(count => count % this.block === 0)
  }

  /** Below about a million multiplications, the nodes cost more than they save. */
  private worthwhile(x: Value, weights: number, axes: readonly StaticWindowAxis[]): boolean {
    const [n = 0] = staticShape(x.shape, 'convolution')
    return x.dtype === 'float32' && n * weights * sizeOf(axes.map(axis => axis.output)) >= 1e6
  }

  /** The value in blocks, once for all that read it so. */
  private blocks(x: Value): Blocked {
    const known = this.known.get(x)
    if (known) return known
    const made = toBlocks(asPlane(x))
    this.known.set(x, made)
    return made
  }

  private plain(y: Blocked, spatialRank: number): Value {
    const value = fromPlane(fromBlocks(y), spatialRank + 2)
    this.known.set(value, y)
    return value
  }
}
