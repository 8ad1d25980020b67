import { sizeOf, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ints } from '../constants.ts'
import { reshape } from '../shape/reshape.ts'
import { slice } from '../shape/slice.ts'
import { transpose } from '../shape/transpose.ts'
import { conv } from './conv.ts'
import { explicitPads, type StaticWindowAxis } from './conv-shape.ts'
import { convTranspose } from './conv-transpose.ts'

/**
 * dx[n,c,i] = Σ dy[n,m,o]·w[m,c,k] over all o·stride + k·dilation = i + before.
 * With stride 1 that is a convolution of dy with the flipped kernel, channels transposed: on the CPU engine 30 ms where
 * ConvTranspose takes 41 (64→64 channels, 3×3, 32×32, batch 64). With larger strides it would multiply mostly zeros, and also
 * where dy is much smaller than x (windows as large as images, in gradients of gradients).
 */
export function convInputGradient(dy: Value, w: Value, axes: readonly StaticWindowAxis[], group: number): Value {
  const [inputs, outputs] = [sizeOf(axes.map(axis => axis.input)), sizeOf(axes.map(axis => axis.output))]
  const dense = axes.every(axis => axis.stride === 1 && axis.before < axis.extent && axis.after < axis.extent)
  if (dense && inputs <= 2 * outputs) {
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
  const places = sizeOf(kernel)
  // Reversed as one axis, a window takes the engine 1.5 ms less than axis by axis (256→256 channels, 3×3).
  const flat = reshape(w, ints([m, c, places]))
  const flipped =
    places === 1
      ? w
      : reshape(slice(flat, ints([-1]), ints([-places - 1]), ints([2]), ints([-1])), ints([m, c, ...kernel]))
  if (group === 1) return transpose(flipped, { perm: [1, 0, ...spatial] })
  const grouped = reshape(flipped, ints([group, m / group, c, ...kernel]))
  return reshape(
    transpose(grouped, { perm: [0, 2, 1, ...spatial.map(axis => axis + 1)] }),
    ints([group * c, m / group, ...kernel]),
  )
}
