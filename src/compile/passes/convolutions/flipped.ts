import { sizeOf, staticShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { conv } from '../../../ops/nn/conv.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import type { Call } from './forms.ts'

/**
 * A transposed convolution of stride 1 as the convolution with the flipped kernel, channels and filters swapped: on the CPU engine 30 ms where
 * ConvTranspose takes 41 (64→64 channels, 3×3, 32×32, batch 64). Not where it would multiply mostly zeros: with larger strides, or where
 * dy is much smaller than x (windows as large as images, in gradients of gradients).
 */
export function flippedConv({ x: dy, w, bias, axes, group }: Call): Value | undefined {
  const [inputs, outputs] = [sizeOf(axes.map(axis => axis.input)), sizeOf(axes.map(axis => axis.output))]
  const before = axes.map(axis => axis.extent - 1 - axis.before)
  const after = axes.map(axis => axis.input - axis.output + axis.before)
  const dense = axes.every(axis => axis.stride === 1) && [...before, ...after].every(n => n >= 0)
  if (!dense || inputs > 2 * outputs) return undefined
  const dilations = axes.map(axis => axis.dilation)
  return conv(dy, flipKernel(w, group), bias, { group, dilations, pads: [...before, ...after] })
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
