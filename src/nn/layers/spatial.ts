import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, staticDim } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { channelsFirst, channelsLast } from '../layout.ts'
import type { DataFormat } from './options.ts'

/** What convolutions, poolings and the reshaping of images share: sizes per spatial axis, layouts and padding. */

/** One size for all spatial axes, or one for each. */
export type Sizes = number | readonly number[]

/** `3` or `[3, 3]` → `[3, 3]`, for `rank` spatial axes; `least` is the smallest size allowed. */
export function sizes(where: string, name: string, value: Sizes, rank: number, least = 1): readonly number[] {
  const list = typeof value === 'number' ? new Array<number>(rank).fill(value) : value
  if (Array.isArray(list) && list.length === rank && list.every(n => Number.isSafeInteger(n) && n >= least))
    return [...list]
  throw new ArgumentError({
    where,
    expected: `'${name}' to be an integer of at least ${least}${rank > 1 ? `, or ${rank} of them` : ''}`,
    received: JSON.stringify(value),
  })
}

const axisNames = [[], ['steps'], ['height', 'width'], ['depth', 'height', 'width']]

/** Checks for [batch, …spatial, channels], or channels before the spatial axes. */
export function requireSpatial(where: string, x: Value, rank: number, format: DataFormat): void {
  if (x.shape.length === rank + 2) return
  const spatial = (axisNames[rank] ?? []).join(', ')
  throw new ShapeError({
    where,
    expected: `an input of shape [batch, ${format === 'channelsLast' ? `${spatial}, channels` : `channels, ${spatial}`}]`,
    received: `shape ${formatShape(x.shape)}`,
    remedy:
      rank === 2 && x.shape.length === 3
        ? 'Grey images need a channel axis: [28, 28] becomes [28, 28, 1].'
        : 'Reshape the input, or put this layer before flatten.',
  })
}

/** As `requireSpatial`; returns the number of channels, which weights depend on. */
export function requireChannels(where: string, x: Value, rank: number, format: DataFormat): number {
  requireSpatial(where, x, rank, format)
  const channels = x.shape[format === 'channelsLast' ? rank + 1 : 1]
  if (typeof channels === 'number') return channels
  throw new ShapeError({
    where,
    expected: 'a known number of channels',
    received: `shape ${formatShape(x.shape)}`,
    remedy: 'Give input({ shape }) a number for the channel axis.',
  })
}

/** Into the engine's layout, channels first, and back. */
export const toEngine = (x: Value, format: DataFormat): Value => (format === 'channelsLast' ? channelsFirst(x) : x)
export const fromEngine = (y: Value, format: DataFormat): Value => (format === 'channelsLast' ? channelsLast(y) : y)

/**
 * The channels-first value that a channels-last one was made from, if there is one: a layer that does not care for the layout
 * works on it, so that the layers around it can cancel their transposes.
 */
export function beforeLayout(x: Value): Value | undefined {
  if (x.shape.length < 3) return undefined
  const first = channelsFirst(x)
  return first.node?.inputs[0] === x ? undefined : first
}

/** Works along spatial axes in whichever layout costs no transpose; `work` is told the first spatial axis. */
export function inAnyLayout(x: Value, format: DataFormat, work: (x: Value, firstAxis: number) => Value): Value {
  if (format === 'channelsFirst') return work(x, 2)
  const before = beforeLayout(x)
  return before ? channelsLast(work(before, 2)) : work(x, 1)
}

/** An elementwise function, before a change of layout if the value comes from one. */
export function elementwiseInLayout(x: Value, work: (x: Value) => Value): Value {
  const before = beforeLayout(x)
  return before ? channelsLast(work(before)) : work(x)
}

export interface Window {
  readonly kernelSize: readonly number[]
  readonly strides: readonly number[]
  readonly dilationRate: readonly number[]
}

/** `pads` or `auto_pad` for the engine: befores, then afters. */
export type Pads = { readonly pads: readonly number[] } | { readonly auto_pad: 'SAME_UPPER' }

/**
 * TensorFlow's 'same' padding of `spatial` sizes, the odd element at the end: output size ⌈size / stride⌉. Spelled out where that is
 * possible, since the engine's own `auto_pad` does not know dilations.
 */
export function samePads(spatial: readonly Dim[], { kernelSize, strides, dilationRate }: Window): Pads {
  // With a stride of 1 the amount does not depend on the size.
  const open = spatial.some((size, i) => typeof size === 'string' && strides[i] !== 1)
  if (open && dilationRate.every(rate => rate === 1)) return { auto_pad: 'SAME_UPPER' }
  const totals = spatial.map((size, i) => {
    const [stride = 1, window = 1, dilation = 1] = [strides[i], kernelSize[i], dilationRate[i]]
    const extent = (window - 1) * dilation + 1
    if (stride === 1) return extent - 1
    const known = staticDim(size, spatial)
    return Math.max(0, (Math.ceil(known / stride) - 1) * stride + extent - known)
  })
  return { pads: [...totals.map(total => Math.floor(total / 2)), ...totals.map(total => Math.ceil(total / 2))] }
}
