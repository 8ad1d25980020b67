import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, type Shape, staticShape } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import type { TensorType } from '../../graph/value.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { requirePerChannel, sumPerChannel } from './channels.ts'
import { batchConv } from './conv-batching.ts'
import { convInputGradient } from './conv-input-gradient.ts'
import {
  countedSize,
  spatialShape,
  staticAxes,
  type WindowAttributes,
  type WindowAxis,
  windowAttrs,
  windowAxes,
} from './conv-shape.ts'
import { weightGradient } from './conv-weight-gradient.ts'

export const convAttrs = { ...windowAttrs, group: attr.int(1), kernel_shape: attr.ints() }

/** What reads a convolution's window: its attributes; the kernel's own shape stands in for `kernel_shape`. */
export interface ConvAttributes extends WindowAttributes {
  readonly group: number
  readonly kernel_shape: readonly number[] | undefined
}

/**
 * Convolution (cross-correlation, as everywhere in deep learning) of x [N, C, …spatial] with w [M, C/group, …kernel],
 * plus a bias b [M], in any number of spatial dimensions: y [N, M, …].
 * https://onnx.ai/onnx/operators/onnx__Conv.html
 */
export const conv: Op<['x', 'w', 'b?'], ['y'], typeof convAttrs> = defineOp({
  type: 'Conv',
  since: 11,
  inputs: ['x', 'w', 'b?'],
  attrs: convAttrs,
  infer: ({ x, w, b }, attributes) => convType('Conv', x, w, b, attributes),
  vjp: ({ x, w, b }, _y, dy, attributes) => {
    const axes = staticAxes('gradient of Conv', convAxes('Conv', x, w, attributes))
    return {
      x: convInputGradient(dy, w, axes, attributes.group),
      w: weightGradient(x, dy, axes, attributes.group),
      b: b && sumPerChannel(dy),
    }
  },
  batch: batchConv,
  samples: [
    { x: [2, 1, 6, 5], w: [3, 1, 3, 3], b: [3] },
    { x: [2, 2, 5, 5], w: [3, 2, 3, 3], b: [3], attrs: { pads: [1, 1, 1, 1] } },
    { x: [1, 2, 6, 7], w: [2, 2, 3, 2], attrs: { strides: [2, 3], pads: [1, 0, 2, 1] } },
    { x: [1, 4, 5, 5], w: [4, 2, 2, 2], b: [4], attrs: { group: 2 } },
    { x: [2, 3, 4, 4], w: [6, 1, 3, 3], attrs: { group: 3, auto_pad: 'SAME_UPPER', strides: [2, 2] } },
    { x: [1, 2, 7, 7], w: [2, 2, 3, 3], attrs: { dilations: [2, 2], pads: [1, 2, 3, 0] } },
    { x: [1, 2, 4, 5], w: [2, 2, 2, 4], attrs: { auto_pad: 'SAME_LOWER' } },
    { x: [3, 4, 3, 3], w: [8, 2, 3, 3], attrs: { group: 2 } },
    { x: [2, 3, 8], w: [2, 3, 3], b: [2], attrs: { strides: [2], dilations: [2], pads: [2, 1] } },
    { x: [1, 2, 3, 4, 3], w: [2, 2, 2, 2, 2], attrs: { pads: [0, 1, 0, 1, 0, 1] } },
    { x: [2, 5, 2, 2], w: [6, 5, 1, 1], b: [6] },
    { x: [1, 1, 3, 3], w: [1, 1, 2, 2], attrs: { pads: [3, 2, 2, 3], auto_pad: 'NOTSET' } },
    // More channels than a weight gradient by slices is for: with the examples apart, and together.
    { x: [2, 5, 4, 5], w: [2, 5, 2, 2], attrs: { pads: [1, 0, 0, 1], dilations: [2, 1] } },
    { x: [2, 5, 3, 4], w: [2, 5, 3, 2], attrs: { pads: [1, 2, 1, 0] } },
    { x: [2, 10, 4, 4], w: [2, 5, 3, 3], attrs: { group: 2, strides: [2, 2] } },
    { x: [1, 10, 3, 5], w: [2, 5, 2, 2], attrs: { group: 2, strides: [2, 3] } },
    { x: [2, 5, 6], w: [2, 5, 3], attrs: { strides: [2], pads: [1, 1] } },
    // Windows of more places than are worth a node each, as the gradient of a gradient has them.
    { x: [1, 2, 9, 10], w: [2, 2, 9, 8], attrs: { pads: [1, 0, 0, 1] } },
    { x: [2, 2, 70], w: [2, 2, 65] },
  ],
  traits: { flops: convFlops },
})

/** How the kernel w moves over x, after checking that they fit. */
export function convAxes(where: string, x: TensorType, w: TensorType, attributes: ConvAttributes): WindowAxis[] {
  const spatial = spatialShape(where, x)
  if (w.shape.length !== x.shape.length) {
    throw new ShapeError({
      where,
      expected: `a kernel of rank ${x.shape.length} for an input of shape ${formatShape(x.shape)}: [filters, channels / group, …window]`,
      received: formatShape(w.shape),
    })
  }
  const kernel = staticShape(w.shape.slice(2), `${where} kernel`)
  const stated = attributes.kernel_shape
  if (stated && stated.length > 0 && formatShape(stated) !== formatShape(kernel)) {
    throw new ArgumentError({
      where,
      expected: `kernel_shape ${formatShape(kernel)}, as the kernel has it`,
      received: formatShape(stated),
    })
  }
  return windowAxes(where, spatial, kernel, attributes)
}

function convType(
  where: string,
  x: TensorType,
  w: TensorType,
  b: TensorType | undefined,
  attributes: ConvAttributes,
): TensorType {
  requireFloat(where, x)
  const dtype = b ? sameDType(where, x, w, b) : sameDType(where, x, w)
  return { dtype, shape: convShape(where, x, w, b, attributes) }
}

/** [N, M, …positions], after checking channels, groups and the bias. */
export function convShape(
  where: string,
  x: TensorType,
  w: TensorType,
  b: TensorType | undefined,
  attributes: ConvAttributes,
): Shape {
  const axes = convAxes(where, x, w, attributes)
  const [n = 0, channels = 0] = x.shape
  const [filters = 0, perGroup = 0] = w.shape
  checkGroups(where, x.shape, channels, filters, perGroup, attributes.group)
  requirePerChannel(where, 'b', b, filters)
  return [n, filters, ...axes.map(axis => axis.output)]
}

function checkGroups(where: string, shape: Shape, channels: Dim, filters: Dim, perGroup: Dim, group: number): void {
  if (!Number.isInteger(group) || group < 1) {
    throw new ArgumentError({ where, expected: 'a group count of at least 1', received: String(group) })
  }
  if (typeof channels === 'number' && typeof perGroup === 'number' && channels !== perGroup * group) {
    throw new ShapeError({
      where,
      expected: `an input with ${perGroup * group} channels${group > 1 ? ` (${group} groups of ${perGroup})` : ', as many as the kernel has'}`,
      received: `${channels} channels, in shape ${formatShape(shape)}`,
      remedy: 'Inputs are [batch, channels, …spatial]; kernels are [filters, channels / group, …window].',
      details: { channels, group },
    })
  }
  if (typeof filters === 'number' && filters % group !== 0) {
    throw new ShapeError({
      where,
      expected: `a number of filters that ${group} groups divide`,
      received: `${filters} filters`,
      details: { filters, group },
    })
  }
}

/** Two per weight and position, and one more for the bias. */
export function convFlops(node: Node): number {
  const [x, w, b] = node.inputs
  const size = countedSize(node.outputs[0]?.shape ?? [])
  return x && w ? size * (2 * countedSize(w.shape.slice(1)) + (b ? 1 : 0)) : 0
}
