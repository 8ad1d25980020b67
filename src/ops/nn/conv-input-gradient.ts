import type { Value } from '../../graph/value.ts'
import { explicitPads, type StaticWindowAxis } from './conv-shape.ts'
import { convTranspose } from './conv-transpose.ts'

/** dx[n,c,i] = Σ dy[n,m,o]·w[m,c,k] over all o·stride + k·dilation = i + before: the transposed convolution of dy. */
export const convInputGradient = (dy: Value, w: Value, axes: readonly StaticWindowAxis[], group: number): Value =>
  convTranspose(dy, w, undefined, {
    group,
    strides: axes.map(axis => axis.stride),
    dilations: axes.map(axis => axis.dilation),
    pads: explicitPads(axes),
    // Where the stride does not divide, elements at the end belong to no window; their gradient is 0.
    output_padding: axes.map(axis => (axis.input + axis.before + axis.after - axis.extent) % axis.stride),
  })
