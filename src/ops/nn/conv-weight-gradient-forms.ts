import { sizeOf, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ints } from '../constants.ts'
import { matMul } from '../math/mat-mul.ts'
import { concat } from '../shape/concat.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { slice } from '../shape/slice.ts'
import { swapLast, transpose } from '../shape/transpose.ts'
import { sumExamples } from './channels.ts'
import { conv } from './conv.ts'
import { type StaticWindowAxis, windowOffsets } from './conv-shape.ts'
import { padToWindows, windowSlice } from './window-slices.ts'

/**
 * The weight gradient of a convolution in operators of ONNX, in the fastest of three forms.
 */
export function weightGradientForm(x: Value, dy: Value, axes: readonly StaticWindowAxis[], group: number): Value {
  const channels = (staticShape(x.shape, 'gradient of Conv')[1] ?? 0) / group
  const places = sizeOf(axes.map(axis => axis.kernel))
  // One node per place in the window: not for the gradient of a gradient, where the window is as large as an image.
  if (places <= unrolled) {
    if (group === 1 && (channels <= few || places === 1)) return perExample(x, dy, axes)
    if (channels <= few || axes.length > 2) return perPlace(x, dy, axes, group)
  }
  if (places <= unrolled && axes.at(-1)?.dilation !== 1) return perPlace(x, dy, axes, group)
  return asConvolution(x, dy, axes, group)
}

const few = 4
const unrolled = 64

/**
 * The gradient as a convolution itself, whose kernel is dy and whose positions are the places k in w's window. Channels come last in
 * x and count as part of its last axis, so that what the engine's im2col gathers are runs of C elements, in cache, on all cores; a
 * stride of w's is then a dilation, times C on the last axis. 36 ms at 64→64 channels, 3×3, 32×32, batch 64 (34 at the speed of
 * matrix products), where slicing x for each place takes 75; at stride 2, 64→128, 23 against 69.
 *
 * Each example is a group, which leaves dy as it lies, and their results are summed, while these are not much larger than dy;
 * otherwise the examples are the channels that are summed over. Measured on 2 cores; docs/adr/0016.
 *
 * With a window dilated along the last axis, whose places are apart, channels are an axis of their own (in gradients of gradients).
 */
function asConvolution(x: Value, dy: Value, axes: readonly StaticWindowAxis[], group: number): Value {
  const kernel = axes.map(axis => axis.kernel)
  const output = axes.map(axis => axis.output)
  const read = cropped(x, axes)
  const [n = 0, c = 0, ...spatial] = staticShape(read.shape, 'gradient of Conv')
  const [, m = 0] = staticShape(dy.shape, 'gradient of Conv')
  const channels = c / group
  const folded = channels === 1 || axes.at(-1)?.dilation === 1
  const unit = axes.map((_, i) => (folded && i === axes.length - 1 ? channels : 1))
  const own = (size: number) => (folded ? [] : [size])

  const apart = channels * sizeOf(kernel) <= 4 * sizeOf(output)
  const last = kernel.length + 1
  const toLast = (lead: readonly number[]) => [...lead, ...kernel.map((_, i) => lead.length + i + 1), lead.length]
  // Where nothing but one axis moves, the engine's transpose is 4 times as fast: without groups, no axis for them.
  const moved =
    group === 1
      ? transpose(read, { perm: toLast([0]) })
      : transpose(reshapeTo(read, [n, group, channels, ...spatial]), { perm: toLast(apart ? [0, 1] : [1, 0]) })
  const image = reshapeTo(moved, [1, n * group, ...spatial.map((size, i) => size * (unit[i] ?? 1)), ...own(channels)])
  const scaled = (size: (axis: StaticWindowAxis) => number) => axes.map((axis, i) => size(axis) * (unit[i] ?? 1))
  const filters = reshapeTo(apart ? dy : channelsInFront(dy), [...(apart ? [n * m, 1] : [m, n]), ...output, ...own(1)])
  const sums = conv(image, filters, undefined, {
    group: apart ? n * group : group,
    strides: [...axes.map(axis => axis.dilation), ...own(1)],
    dilations: [...scaled(axis => axis.stride), ...own(1)],
    pads: [...scaled(axis => axis.before), ...own(0), ...scaled(axis => Math.max(0, tail(axis))), ...own(0)],
  })
  const perFilter = apart ? sumExamples(reshapeTo(sums, [n, m * sizeOf(kernel) * channels])) : sums
  return transpose(reshapeTo(perFilter, [m, ...kernel, channels]), {
    perm: [0, last, ...kernel.map((_, i) => i + 1)],
  })
}

/** How far the windows reach beyond the input; negative where they leave its end unread. */
const tail = ({ output, stride, extent, before, input }: StaticWindowAxis): number =>
  (output - 1) * stride + extent - before - input

function cropped(x: Value, axes: readonly StaticWindowAxis[]): Value {
  const ends = axes.map(axis => Math.min(axis.input, axis.input + tail(axis)))
  if (axes.every((axis, i) => axis.input === ends[i])) return x
  return slice(x, ints(axes.map(() => 0)), ints(ends), ints(axes.map((_, i) => i + 2)))
}

/** For each place in the window a shifted slice of x times dy, over examples and positions together: [M/g, N·P] × [N·P, C/g]. */
function perPlace(x: Value, dy: Value, axes: readonly StaticWindowAxis[], group: number): Value {
  const [n = 0, c = 0] = staticShape(x.shape, 'gradient of Conv')
  const [, m = 0] = staticShape(dy.shape, 'gradient of Conv')
  const kernel = axes.map(axis => axis.kernel)
  const columns = n * sizeOf(axes.map(axis => axis.output))
  const padded = padToWindows(channelsInFront(x), axes) // [C, N, …]
  const left = reshapeTo(channelsInFront(dy), [group, m / group, columns])
  const products = windowOffsets(kernel).map(offset => {
    const right = reshapeTo(windowSlice(padded, axes, offset), [group, c / group, columns])
    return reshapeTo(matMul(left, swapLast(right)), [m, c / group, 1])
  })
  return reshapeTo(joined(products, 2), [m, c / group, ...kernel])
}

const channelsInFront = (x: Value): Value => transpose(x, { perm: [1, 0, ...x.shape.slice(2).map((_, i) => i + 2)] })

/** For images of few channels and windows of one element: a product per example, summed over the batch; all places share it. */
function perExample(x: Value, dy: Value, axes: readonly StaticWindowAxis[]): Value {
  const [n = 0, c = 0] = staticShape(x.shape, 'gradient of Conv')
  const [, m = 0] = staticShape(dy.shape, 'gradient of Conv')
  const kernel = axes.map(axis => axis.kernel)
  const positions = sizeOf(axes.map(axis => axis.output))
  const padded = padToWindows(x, axes)
  const slices = windowOffsets(kernel).map(offset => reshapeTo(windowSlice(padded, axes, offset), [n, c, positions]))
  const sum = sumExamples(matMul(joined(slices, 1), swapLast(reshapeTo(dy, [n, m, positions]))))
  // [K·C, M] → [M, C, …k]
  return reshapeTo(transpose(reshapeTo(sum, [sizeOf(kernel), c, m]), { perm: [2, 1, 0] }), [m, c, ...kernel])
}

const joined = (parts: readonly Value[], axis: number): Value => {
  const [only] = parts
  return parts.length === 1 && only ? only : concat(parts, { axis })
}
