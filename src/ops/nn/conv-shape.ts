import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, type Shape, sizeOf } from '../../core/shape.ts'
import type { TensorType } from '../../graph/value.ts'
import { attr } from '../define.ts'

/** Window arithmetic: what convolutions and poolings share. */

/** The attributes that lay a window over an image. */
export const windowAttrs = {
  auto_pad: attr.string('NOTSET'),
  dilations: attr.ints(),
  pads: attr.ints(),
  strides: attr.ints(),
}

export interface WindowAttributes {
  readonly auto_pad: string
  readonly dilations: readonly number[] | undefined
  /** Befores, then afters. */
  readonly pads: readonly number[] | undefined
  readonly strides: readonly number[] | undefined
}

/** How a window moves along one spatial axis. */
export interface WindowAxis {
  /** Elements in the window. */
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  /** Distance from its first to its last element, inclusive: (kernel − 1)·dilation + 1. */
  readonly extent: number
  /** Padding before and after; NaN when it depends on a size that is known only when the graph runs. */
  readonly before: number
  readonly after: number
  readonly input: Dim
  /** Number of positions. */
  readonly output: Dim
}

/** The spatial dimensions of an [N, C, d1, d2, …] tensor. Throws unless there is at least one. */
export function spatialShape(where: string, x: TensorType): Shape {
  if (x.shape.length >= 3) return x.shape.slice(2)
  throw new ShapeError({
    where,
    expected: 'a tensor of rank 3 or more: [batch, channels, …spatial]',
    received: formatShape(x.shape),
    remedy: 'Reshape it: one spatial axis makes a 1-D operation, two a 2-D one.',
  })
}

/** One number per spatial axis, at least `least`; `fallback` where the attribute is left out. */
export function perAxis(
  where: string,
  name: string,
  values: readonly number[] | undefined,
  count: number,
  fallback: number,
  least: number,
): readonly number[] {
  const list = values && values.length > 0 ? values : new Array<number>(count).fill(fallback)
  if (list.length === count && list.every(value => Number.isInteger(value) && value >= least)) return list
  throw new ArgumentError({
    where,
    expected: `${count} ${name} of at least ${least}, one${name === 'pads' ? ' at each end of each' : ' per'} spatial axis`,
    received: `[${list.join(', ')}]`,
  })
}

/**
 * Lays windows of `kernel` elements over `spatial`: resolves defaults and `auto_pad`, and counts the positions.
 * `ceil` (pooling's ceil_mode) keeps a last window that sticks out, unless it would begin in the padding after the input.
 */
export function windowAxes(
  where: string,
  spatial: Shape,
  kernel: readonly number[],
  attributes: WindowAttributes,
  ceil = false,
): WindowAxis[] {
  const count = spatial.length
  const sizes = perAxis(where, 'kernel sizes', kernel, count, 1, 1)
  const strides = perAxis(where, 'strides', attributes.strides, count, 1, 1)
  const dilations = perAxis(where, 'dilations', attributes.dilations, count, 1, 1)
  const mode = padMode(where, attributes.auto_pad)
  const pads = perAxis(where, 'pads', mode === 'NOTSET' ? attributes.pads : undefined, 2 * count, 0, 0)
  return spatial.map((input, i) => {
    const [size = 1, stride = 1, dilation = 1] = [sizes[i], strides[i], dilations[i]]
    const extent = (size - 1) * dilation + 1
    const axis = { kernel: size, stride, dilation, extent, input }
    if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') return { ...axis, ...sameAxis(input, stride, extent, mode) }
    const [before = 0, after = 0] = [pads[i], pads[i + count]]
    return { ...axis, before, after, output: positions(where, spatial, kernel, i, { ...axis, before, after }, ceil) }
  })
}

function padMode(where: string, mode: string): 'NOTSET' | 'VALID' | 'SAME_UPPER' | 'SAME_LOWER' {
  if (mode === 'NOTSET' || mode === 'VALID' || mode === 'SAME_UPPER' || mode === 'SAME_LOWER') return mode
  throw new ArgumentError({
    where,
    expected: "auto_pad 'NOTSET', 'VALID', 'SAME_UPPER' or 'SAME_LOWER'",
    received: `'${mode}'`,
  })
}

/** SAME: one position per stride; what padding that takes is split, the odd element going after (UPPER) or before (LOWER). */
function sameAxis(input: Dim, stride: number, extent: number, mode: 'SAME_UPPER' | 'SAME_LOWER') {
  if (typeof input === 'string') {
    return { before: Number.NaN, after: Number.NaN, output: stride === 1 ? input : `ceil(${input}/${stride})` }
  }
  const output = Math.ceil(input / stride)
  const total = Math.max(0, (output - 1) * stride + extent - input)
  const less = Math.floor(total / 2)
  const [before, after] = mode === 'SAME_UPPER' ? [less, total - less] : [total - less, less]
  return { before, after, output }
}

function positions(
  where: string,
  spatial: Shape,
  kernel: readonly number[],
  i: number,
  { input, stride, extent, before, after, dilation }: Omit<WindowAxis, 'output'>,
  ceil: boolean,
): Dim {
  const slack = before + after - extent
  if (typeof input === 'string') {
    if (stride === 1) return slack === -1 ? input : `${input}${slack + 1 > 0 ? '+' : ''}${slack + 1}`
    return `${ceil ? 'ceil' : 'floor'}((${input}${slack >= 0 ? '+' : ''}${slack})/${stride})+1`
  }
  const free = input + slack
  if (free < 0) {
    throw new ShapeError({
      where,
      expected: `a window that fits into the padded input along spatial axis ${i} (${input} + ${before + after} of padding)`,
      received: `kernel ${formatShape(kernel)}${dilation > 1 ? ` dilated by ${dilation}, which spans ${extent},` : ''} on spatial shape ${formatShape(spatial)}`,
      remedy: "Use a smaller kernel, or padding ('same').",
      details: { axis: i, extent, available: input + before + after },
    })
  }
  const count = (ceil ? Math.ceil(free / stride) : Math.floor(free / stride)) + 1
  // PyTorch's rule, which ONNX follows: no window begins in the padding after the input.
  return ceil && (count - 1) * stride >= input + before ? count - 1 : count
}

/** The same windows as explicit attributes, for rules that call a window operator again. */
export const explicitPads = (axes: readonly WindowAxis[]): number[] => [
  ...axes.map(axis => axis.before),
  ...axes.map(axis => axis.after),
]

/** The axes with every size a number, as gradient rules need them. */
export interface StaticWindowAxis extends WindowAxis {
  readonly input: number
  readonly output: number
}
export function staticAxes(where: string, axes: readonly WindowAxis[]): StaticWindowAxis[] {
  return axes.map(axis => {
    const { input, output } = axis
    if (typeof input === 'number' && typeof output === 'number') return { ...axis, input, output }
    throw new ShapeError({
      where,
      expected: 'spatial sizes that are known when the graph is built',
      received: formatShape(axes.map(each => each.input)),
      remedy: 'Give the symbolic dimensions a size before this step.',
    })
  })
}

/** Every place in the window, row-major: `[0, 0], [0, 1], …`. */
export function windowOffsets(kernel: readonly number[]): number[][] {
  let places: number[][] = [[]]
  for (const size of kernel) places = places.flatMap(place => Array.from({ length: size }, (_, i) => [...place, i]))
  return places
}

/** Size of a shape for FLOP counts: symbolic dimensions count as 1. */
export const countedSize = (shape: Shape): number => sizeOf(shape.map(dim => (typeof dim === 'number' ? dim : 1)))
