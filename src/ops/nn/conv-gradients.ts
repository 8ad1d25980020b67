import { sizeOf, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ints } from '../constants.ts'
import { matMul } from '../math/mat-mul.ts'
import { concat } from '../shape/concat.ts'
import { reshape } from '../shape/reshape.ts'
import { slice } from '../shape/slice.ts'
import { swapLast, transpose } from '../shape/transpose.ts'
import { sumExamples } from './channels.ts'
import { conv } from './conv.ts'
import { explicitPads, type StaticWindowAxis, windowOffsets } from './conv-shape.ts'
import { convTranspose } from './conv-transpose.ts'
import { padToWindows, windowSlice } from './window-slices.ts'

/** Gradients of the convolution y = x ∗ w, shared by Conv and its adjoint, ConvTranspose. */

/**
 * dx[n,c,i] = Σ dy[n,m,o]·w[m,c,k] over all o·stride + k·dilation = i + before.
 * With stride 1 that is a convolution of dy with the flipped kernel, channels transposed: on the CPU engine 30 ms where
 * ConvTranspose takes 41 (64→64 channels, 3×3, 32×32, batch 64). With larger strides it would multiply mostly zeros.
 */
export function convInputGradient(dy: Value, w: Value, axes: readonly StaticWindowAxis[], group: number): Value {
  if (axes.every(axis => axis.stride === 1 && axis.before < axis.extent && axis.after < axis.extent)) {
    const before = axes.map(axis => axis.extent - 1 - axis.before)
    const after = axes.map(axis => axis.extent - 1 - axis.after)
    const dilations = axes.map(axis => axis.dilation)
    return conv(dy, flipKernel(w, group), undefined, { group, dilations, pads: [...before, ...after] })
  }
  return convTranspose(dy, w, undefined, {
    group,
    strides: axes.map(axis => axis.stride),
    dilations: axes.map(axis => axis.dilation),
    pads: explicitPads(axes),
    // Where the stride does not divide, elements at the end belong to no window; their gradient is 0.
    output_padding: axes.map(axis => (axis.input + axis.before + axis.after - axis.extent) % axis.stride),
  })
}

/** [M, C/g, …k] → [C, M/g, …k]: input and output channels of each group swapped, the window reversed. */
function flipKernel(w: Value, group: number): Value {
  const [m = 0, c = 0, ...kernel] = staticShape(w.shape, 'gradient of Conv')
  const spatial = kernel.map((_, i) => i + 2)
  const last = kernel.map(() => -1)
  const flipped =
    sizeOf(kernel) === 1 ? w : slice(w, ints(last), ints(kernel.map(k => -k - 1)), ints(spatial), ints(last))
  if (group === 1) return transpose(flipped, { perm: [1, 0, ...spatial] })
  const grouped = reshape(flipped, ints([group, m / group, c, ...kernel]))
  return reshape(
    transpose(grouped, { perm: [0, 2, 1, ...spatial.map(axis => axis + 1)] }),
    ints([group * c, m / group, ...kernel]),
  )
}

/**
 * dw[m,c,k] = Σ_n Σ_o dy[n,m,o]·x[n,c,o·stride + k·dilation]: for each place k in the window, the product of a shifted
 * slice of x with dy. On the CPU engine this beats a convolution over transposed operands 1.3 to 2.5 times.
 *
 * As a rule the products run over examples and positions together (95 ms, where a product per example and their sum take
 * 114: 64→64 channels, 3×3, 32×32, batch 64). Images of few channels, and windows of one element, need no transposed
 * copies and go per example (3→64 channels: 6.6 ms against 14).
 */
export function convWeightGradient(x: Value, dy: Value, axes: readonly StaticWindowAxis[], group: number): Value {
  const channels = staticShape(x.shape, 'gradient of Conv')[1] ?? 0
  const thin = group === 1 && (channels <= 4 || axes.every(axis => axis.kernel === 1))
  return thin ? perExample(x, dy, axes) : wholeBatch(x, dy, axes, group)
}

/** One product [M/g, N·P] × [N·P, C/g] for each place in the window. The engine reads the slices transposed, without a copy. */
function wholeBatch(x: Value, dy: Value, axes: readonly StaticWindowAxis[], group: number): Value {
  const [n = 0, c = 0] = staticShape(x.shape, 'gradient of Conv')
  const [, m = 0] = staticShape(dy.shape, 'gradient of Conv')
  const kernel = axes.map(axis => axis.kernel)
  const columns = n * sizeOf(axes.map(axis => axis.output))
  const padded = padToWindows(channelsInFront(x), axes) // [C, N, …]
  const left = reshape(channelsInFront(dy), ints([group, m / group, columns]))
  const products = windowOffsets(kernel).map(offset => {
    const right = reshape(windowSlice(padded, axes, offset), ints([group, c / group, columns]))
    return reshape(matMul(left, swapLast(right)), ints([m, c / group, 1]))
  })
  return reshape(joined(products, 2), ints([m, c / group, ...kernel]))
}

const channelsInFront = (x: Value): Value => transpose(x, { perm: [1, 0, ...x.shape.slice(2).map((_, i) => i + 2)] })

/** One product per example (and one group), summed over the batch; all places in the window share it. */
function perExample(x: Value, dy: Value, axes: readonly StaticWindowAxis[]): Value {
  const [n = 0, c = 0] = staticShape(x.shape, 'gradient of Conv')
  const [, m = 0] = staticShape(dy.shape, 'gradient of Conv')
  const kernel = axes.map(axis => axis.kernel)
  const positions = sizeOf(axes.map(axis => axis.output))
  const padded = padToWindows(x, axes)
  const slices = windowOffsets(kernel).map(offset =>
    reshape(windowSlice(padded, axes, offset), ints([n, c, positions])),
  )
  const sum = sumExamples(matMul(joined(slices, 1), swapLast(reshape(dy, ints([n, m, positions])))))
  // [K·C, M] → [M, C, …k]
  return reshape(transpose(reshape(sum, ints([sizeOf(kernel), c, m])), { perm: [2, 1, 0] }), ints([m, c, ...kernel]))
}

const joined = (parts: readonly Value[], axis: number): Value => {
  const [only] = parts
  return parts.length === 1 && only ? only : concat(parts, { axis })
}
