import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, staticShape } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import type { TensorType, Value } from '../../graph/value.ts'
import { ints } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { slice } from '../shape/slice.ts'
import { requirePerChannel, sumPerChannel } from './channels.ts'
import { conv } from './conv.ts'
import { batchConv } from './conv-batching.ts'
import {
  countedSize,
  explicitPads,
  perAxis,
  type StaticWindowAxis,
  spatialShape,
  staticAxes,
  type WindowAttributes,
  type WindowAxis,
  windowAttrs,
} from './conv-shape.ts'
import { weightGradient } from './conv-weight-gradient.ts'

const attrs = {
  ...windowAttrs,
  group: attr.int(1),
  kernel_shape: attr.ints(),
  output_padding: attr.ints(),
  output_shape: attr.ints(),
}
interface ConvTransposeAttributes extends WindowAttributes {
  readonly group: number
  readonly kernel_shape: readonly number[] | undefined
  readonly output_padding: readonly number[] | undefined
  readonly output_shape: readonly number[] | undefined
}

/**
 * Transposed convolution: the adjoint of Conv, from x [N, C, …] with w [C, M/group, …kernel] to y [N, M, …], where each
 * input element spreads a kernel over the output. `output_padding` adds elements at the end; `output_shape` asks for a
 * spatial shape and takes the padding that gives it. https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
 */
export const convTranspose: Op<['x', 'w', 'b?'], ['y'], typeof attrs> = defineOp({
  type: 'ConvTranspose',
  since: 11,
  inputs: ['x', 'w', 'b?'],
  attrs,
  infer: ({ x, w, b }, attributes) => {
    requireFloat('ConvTranspose', x)
    const dtype = b ? sameDType('ConvTranspose', x, w, b) : sameDType('ConvTranspose', x, w)
    const axes = transposedAxes(x, w, attributes)
    const [n = 0] = x.shape
    const filters = checkChannels(x, w, attributes.group)
    requirePerChannel('ConvTranspose', 'b', b, filters)
    return { dtype, shape: [n, filters, ...axes.map(axis => axis.input)] }
  },
  // The adjoint of the adjoint is the convolution itself, and the two share their weight gradient with x and dy exchanged.
  vjp: ({ x, w, b }, _y, dy, attributes) => {
    const axes = staticAxes('gradient of ConvTranspose', transposedAxes(x, w, attributes))
    const { part, windows } = covered(dy, axes)
    return {
      x: conv(part, w, undefined, {
        group: attributes.group,
        strides: windows.map(axis => axis.stride),
        dilations: windows.map(axis => axis.dilation),
        pads: explicitPads(windows),
      }),
      w: weightGradient(part, x, windows, attributes.group),
      b: b && sumPerChannel(dy),
    }
  },
  batch: batchConv,
  samples: [
    { x: [2, 2, 3, 4], w: [2, 3, 3, 3], b: [3] },
    {
      x: [1, 2, 3, 3],
      w: [2, 2, 3, 3],
      b: [2],
      attrs: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
    },
    { x: [1, 4, 3, 2], w: [4, 2, 2, 3], b: [4], attrs: { group: 2, strides: [3, 2], pads: [0, 1, 1, 0] } },
    { x: [2, 2, 3, 3], w: [2, 1, 2, 2], attrs: { dilations: [2, 2], strides: [2, 1], pads: [1, 0, 0, 1] } },
    { x: [1, 2, 3, 3], w: [2, 2, 3, 3], attrs: { output_shape: [6, 7], strides: [2, 2] } },
    { x: [2, 4, 4], w: [4, 2, 3], attrs: { output_shape: [3], strides: [2], dilations: [2], group: 2 } },
    { x: [1, 2, 4], w: [2, 2, 1], attrs: { output_shape: [12], strides: [3], auto_pad: 'SAME_LOWER' } },
    { x: [1, 2, 3, 3], w: [2, 2, 3, 3], attrs: { auto_pad: 'SAME_UPPER', strides: [2, 2] } },
    { x: [1, 2, 3, 3], w: [2, 2, 3, 3], attrs: { auto_pad: 'SAME_LOWER', strides: [2, 2] } },
    { x: [2, 3, 4], w: [3, 2, 3], b: [2], attrs: { strides: [2] } },
    {
      x: [1, 2, 2, 3, 2],
      w: [2, 2, 2, 2, 2],
      attrs: { strides: [2, 1, 2], pads: [0, 1, 0, 1, 0, 0] },
      skip: { webgpu: 'its kernel knows one and two spatial axes' },
    },
  ],
  traits: { flops: convTransposeFlops },
})

/** The windows of the convolution that this one is the adjoint of: `input` is a dimension of y, `output` one of x. */
export function transposedAxes(x: TensorType, w: TensorType, attributes: ConvTransposeAttributes): WindowAxis[] {
  const where = 'ConvTranspose'
  const spatial = spatialShape(where, x)
  const count = spatial.length
  if (w.shape.length !== x.shape.length) {
    throw new ShapeError({
      where,
      expected: `a kernel of rank ${x.shape.length} for an input of shape ${formatShape(x.shape)}: [channels, filters / group, …window]`,
      received: formatShape(w.shape),
    })
  }
  const kernel = staticShape(w.shape.slice(2), `${where} kernel`)
  const { kernel_shape: stated, output_shape: wanted, auto_pad: mode } = attributes
  if (stated && stated.length > 0 && formatShape(stated) !== formatShape(kernel)) {
    throw new ArgumentError({
      where,
      expected: `kernel_shape ${formatShape(kernel)}, as the kernel has it`,
      received: formatShape(stated),
    })
  }
  const strides = perAxis(where, 'strides', attributes.strides, count, 1, 1)
  const dilations = perAxis(where, 'dilations', attributes.dilations, count, 1, 1)
  const extra = perAxis(where, 'output_padding', attributes.output_padding, count, 0, 0)
  const pads = perAxis(where, 'pads', mode === 'NOTSET' ? attributes.pads : undefined, 2 * count, 0, 0)
  const sizes =
    wanted && wanted.length > 0 ? perAxis(where, 'output sizes', wanted.slice(-count), count, 1, 1) : undefined
  return spatial.map((output, i) => {
    const [size = 1, stride = 1, dilation = 1, more = 0] = [kernel[i], strides[i], dilations[i], extra[i]]
    if (more >= Math.max(stride, dilation)) {
      throw new ArgumentError({
        where,
        expected: `output_padding below the stride (${stride}) or the dilation (${dilation})`,
        received: String(more),
      })
    }
    const extent = (size - 1) * dilation + 1
    const axis = { kernel: size, stride, dilation, extent, output }
    const target = sizes?.[i] ?? (mode.startsWith('SAME') ? times(output, stride) : undefined)
    if (target !== undefined) {
      checkTarget(target, output, { stride, reach: extent + more })
      // Padding is what is too much, split; SAME_UPPER puts the odd element at the end, all other modes at the beginning.
      const total =
        typeof output === 'number' && typeof target === 'number'
          ? Math.max(0, (output - 1) * stride + more + extent - target)
          : Number.NaN
      const [less, rest] = [Math.floor(total / 2), Math.ceil(total / 2)]
      return {
        ...axis,
        input: target,
        before: mode === 'SAME_UPPER' ? less : rest,
        after: mode === 'SAME_UPPER' ? rest : less,
      }
    }
    const [before = 0, after = 0] = [pads[i], pads[i + count]]
    const grown = extent + more - before - after
    if (typeof output === 'string')
      return {
        ...axis,
        before,
        after,
        input: stride === grown ? times(output, stride) : `(${output}-1)*${stride}+${grown}`,
      }
    const input = (output - 1) * stride + grown
    if (input < 1) {
      throw new ShapeError({
        where,
        expected: `padding that leaves an output along spatial axis ${i}`,
        received: `pads ${before} and ${after} on ${input + before + after} elements`,
        remedy: 'Padding takes elements off the output of a transposed convolution; use less.',
      })
    }
    return { ...axis, before, after, input }
  })
}

/** An output of whole strides more would be that of a larger input. */
function checkTarget(target: Dim, input: Dim, { stride, reach }: { readonly stride: number; readonly reach: number }) {
  if (typeof target !== 'number' || typeof input !== 'number') return
  const natural = (input - 1) * stride + reach
  if (target < natural + stride) return
  throw new ArgumentError({
    where: 'ConvTranspose',
    expected: `an output_shape of at most ${natural + stride - 1} for ${input} elements at stride ${stride}`,
    received: String(target),
    remedy: 'Ask for less, and pad the result.',
  })
}

const times = (dim: Dim, factor: number): Dim =>
  factor === 1 ? dim : typeof dim === 'number' ? dim * factor : `${dim}*${factor}`

/** Number of output channels. */
function checkChannels(x: TensorType, w: TensorType, group: number): Dim {
  const where = 'ConvTranspose'
  const [, channels = 0] = x.shape
  const [own = 0, perGroup = 0] = w.shape
  if (!Number.isInteger(group) || group < 1)
    throw new ArgumentError({ where, expected: 'a group count of at least 1', received: String(group) })
  if (typeof channels === 'number' && typeof own === 'number' && channels !== own) {
    throw new ShapeError({
      where,
      expected: `an input with ${own} channels, as many as the kernel has`,
      received: `${channels} channels, in shape ${formatShape(x.shape)}`,
      remedy: 'Inputs are [batch, channels, …spatial]; transposed kernels are [channels, filters / group, …window].',
    })
  }
  if (typeof own === 'number' && own % group !== 0) {
    throw new ShapeError({
      where,
      expected: `a number of channels that ${group} groups divide`,
      received: `${own} channels`,
    })
  }
  return times(perGroup, group)
}

/** dy without the elements at its end that no window covers, and the windows that lie on exactly the rest. */
function covered(dy: Value, axes: readonly StaticWindowAxis[]): { part: Value; windows: readonly StaticWindowAxis[] } {
  const windows = axes.map(axis => {
    const after = (axis.output - 1) * axis.stride + axis.extent - axis.input - axis.before
    return { ...axis, input: axis.input + Math.min(0, after), after: Math.max(0, after) }
  })
  const whole = windows.every((axis, i) => axis.input === axes[i]?.input)
  const at = ints(axes.map((_, i) => i + 2))
  return { part: whole ? dy : slice(dy, ints(axes.map(() => 0)), ints(windows.map(axis => axis.input)), at), windows }
}

/** Two per weight and input position. */
function convTransposeFlops(node: Node): number {
  const [x, w] = node.inputs
  return x && w ? 2 * countedSize(x.shape) * countedSize(w.shape.slice(1)) : 0
}
