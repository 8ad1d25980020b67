import { ShapeError } from '../../core/errors.ts'
import { formatShape, sameShape, staticShape } from '../../core/shape.ts'
import type { TensorType, Value } from '../../graph/value.ts'
import { ensureBatched } from '../batching.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { transpose } from '../shape/transpose.ts'
import { conv } from './conv.ts'
import { convInputGradient } from './conv-input-gradient.ts'
import { countedSize, explicitPads, type StaticWindowAxis, spatialShape, staticAxes, windowAxes } from './conv-shape.ts'
import { weightGradientForm } from './conv-weight-gradient-forms.ts'

const attrs = {
  group: attr.int(1),
  kernel_shape: attr.required.ints(),
  strides: attr.ints(),
  dilations: attr.ints(),
  pads: attr.ints(),
}
interface Attributes {
  readonly group: number
  readonly kernel_shape: readonly number[]
  readonly strides: readonly number[] | undefined
  readonly dilations: readonly number[] | undefined
  readonly pads: readonly number[] | undefined
}

/**
 * dw[m,c,k] = Σ_n Σ_o dy[n,m,o]·x[n,c,o·stride + k·dilation − before] of the convolution y = x ∗ w: [M, C/group, …kernel].
 *
 * Linear in x and in dy, whose gradients are the transposed convolution of dy and the convolution of x with the cotangent: the three
 * are a family, closed under differentiation. ONNX lacks this one of them, so it is an operator of Tenon's own, which becomes ONNX's
 * in files and engines (`expand`); as one node, a pass can give it the form that an engine is fastest with.
 */
export const convWeightGradient: Op<['x', 'dy'], ['dw'], typeof attrs> = defineOp({
  type: 'ConvWeightGradient',
  domain: 'tenon',
  since: 1,
  inputs: ['x', 'dy'],
  outputs: ['dw'],
  attrs,
  infer: ({ x, dy }, attributes) => {
    const where = 'gradient of a convolution'
    requireFloat(where, x)
    const axes = axesOf(x, attributes)
    const wanted = [x.shape[0] ?? 0, dy.shape[1] ?? 0, ...axes.map(axis => axis.output)]
    if (!sameShape(wanted, dy.shape)) {
      throw new ShapeError({
        where,
        expected: `'dy' of shape ${formatShape(wanted)}, as the convolution's output`,
        received: formatShape(dy.shape),
      })
    }
    const [, channels = 0] = staticShape(x.shape.slice(0, 2), where)
    return {
      dtype: sameDType(where, x, dy),
      shape: [dy.shape[1] ?? 0, channels / attributes.group, ...attributes.kernel_shape],
    }
  },
  vjp: ({ x, dy }, _dw, cotangent, attributes) => {
    const axes = staticAxes('gradient of a convolution', axesOf(x, attributes))
    return {
      x: convInputGradient(dy, cotangent, axes, attributes.group),
      dy: conv(x, cotangent, undefined, {
        group: attributes.group,
        strides: axes.map(axis => axis.stride),
        dilations: axes.map(axis => axis.dilation),
        pads: explicitPads(axes),
      }),
    }
  },
  // Entries side by side in the channels, as groups.
  batch: ({ x, dy }, { size, call, attributes }) => {
    const sideBySide = (value: Value): Value => {
      const [, n = 0, channels = 0, ...spatial] = staticShape(value.shape, 'vmap of a convolution')
      const perm = [1, 0, ...value.shape.slice(2).map((_, i) => i + 2)]
      return reshapeTo(transpose(value, { perm }), [n, size * channels, ...spatial])
    }
    const dw = call(
      { x: sideBySide(ensureBatched(x, size)), dy: sideBySide(ensureBatched(dy, size)) },
      { ...attributes, group: size * attributes.group },
    )
    const [filters = 0, ...rest] = staticShape(dw.shape, 'vmap of a convolution')
    return reshapeTo(dw, [size, filters / size, ...rest])
  },
  samples: [
    { x: [2, 1, 6, 5], dy: [2, 3, 4, 3], attrs: { kernel_shape: [3, 3] } },
    { x: [2, 5, 5, 6], dy: [2, 3, 5, 6], attrs: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
    { x: [1, 6, 6, 7], dy: [1, 2, 4, 3], attrs: { kernel_shape: [3, 2], strides: [2, 3], pads: [1, 0, 2, 1] } },
    {
      x: [2, 4, 4, 4],
      dy: [2, 4, 2, 2],
      attrs: { kernel_shape: [3, 3], group: 4, strides: [2, 2], pads: [0, 0, 1, 1] },
    },
    { x: [1, 10, 3, 4], dy: [1, 4, 2, 3], attrs: { kernel_shape: [2, 2], group: 2 } },
    { x: [1, 5, 7, 7], dy: [1, 2, 3, 3], attrs: { kernel_shape: [3, 3], dilations: [2, 2] } },
    { x: [2, 5, 2, 2], dy: [2, 6, 2, 2], attrs: { kernel_shape: [1, 1] } },
    { x: [2, 3, 8], dy: [2, 2, 3], attrs: { kernel_shape: [3], strides: [2], dilations: [2], pads: [1, 0] } },
    { x: [1, 2, 3, 3, 3], dy: [1, 2, 2, 2, 2], attrs: { kernel_shape: [2, 2, 2] } },
  ],
  expand: ({ x, dy }, attributes) =>
    weightGradientForm(x, dy, staticAxes('gradient of a convolution', axesOf(x, attributes)), attributes.group),
  // Two per weight, example and position.
  traits: {
    flops: ({ inputs: [, dy], outputs: [dw] }) =>
      2 * countedSize(dw?.shape ?? []) * countedSize(dy ? [dy.shape[0] ?? 1, ...dy.shape.slice(2)] : []),
  },
})

/** How the window of the convolution moves over x. */
export const axesOf = (x: TensorType, attributes: Attributes) =>
  windowAxes('gradient of a convolution', spatialShape('gradient of a convolution', x), attributes.kernel_shape, {
    auto_pad: 'NOTSET',
    strides: attributes.strides,
    dilations: attributes.dilations,
    pads: attributes.pads,
  })

/** The weight gradient of a convolution whose windows are laid out already. */
export const weightGradient = (x: Value, dy: Value, axes: readonly StaticWindowAxis[], group: number): Value =>
  convWeightGradient(x, dy, {
    group,
    kernel_shape: axes.map(axis => axis.kernel),
    strides: axes.map(axis => axis.stride),
    dilations: axes.map(axis => axis.dilation),
    pads: explicitPads(axes),
  })
