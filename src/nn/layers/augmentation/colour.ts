import { ShapeError } from '../../../core/errors.ts'
import { type Dim, formatShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { bitShift } from '../../../ops/logic/bit-shift.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { greater } from '../../../ops/logic/greater.ts'
import { less } from '../../../ops/logic/less.ts'
import { where } from '../../../ops/logic/where.ts'
import { abs } from '../../../ops/math/abs.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { div } from '../../../ops/math/div.ts'
import { max } from '../../../ops/math/max.ts'
import { min } from '../../../ops/math/min.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import { clip } from '../../../ops/nn/clip.ts'
import { reduceMax } from '../../../ops/reduce/reduce-max.ts'
import { reduceMean } from '../../../ops/reduce/reduce-mean.ts'
import { reduceMin } from '../../../ops/reduce/reduce-min.ts'
import { reduceSum } from '../../../ops/reduce/reduce-sum.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { slice } from '../../../ops/shape/slice.ts'
import type { DataFormat } from '../options.ts'
import type { Range } from './random-layer.ts'

/**
 * What becomes of pixels, as functions of float32 images [batch, height, width, channels] or [batch, channels, height, width], and of
 * amounts of shape [batch, 1, 1, 1] that are drawn elsewhere. The formulas are Keras's, quirks included.
 */

export const byteRange: Range = [0, 255]

/** From one range of values to another. */
export function toRange(x: Value, [low, high]: Range, [newLow, newHigh]: Range): Value {
  if (low === newLow && high === newHigh) return x
  const share = div(sub(x, scalar(low)), scalar(Math.fround(high) - Math.fround(low)))
  return add(mul(share, scalar(newHigh - newLow)), scalar(newLow))
}

export const clipped = (x: Value, [low, high]: Range): Value => clip(x, scalar(low), scalar(high))

/** The axis of the channels. */
export const channelAxis = (format: DataFormat): 1 | 3 => (format === 'channelsLast' ? 3 : 1)

/** The axes of rows and columns. */
export const spatialAxes = (format: DataFormat): [number, number] => (format === 'channelsLast' ? [1, 2] : [2, 3])

/** x + delta, within the range. */
export const brightened = (x: Value, delta: Value, range: Range): Value => clipped(add(x, delta), range)

/** Every channel's distance from its mean times `factor`, within the range. */
export function contrasted(x: Value, factor: Value, range: Range, format: DataFormat): Value {
  const mean = reduceMean(x, ints(spatialAxes(format)), { keepdims: 1 })
  return clipped(add(mul(sub(x, mean), factor), mean), range)
}

/** Luminance, with one channel; images of one channel as they are. */
export function greyscale(where: string, x: Value, format: DataFormat): Value {
  const axis = channelAxis(format)
  if (x.shape[axis] === 1) return x
  requireColours(where, x, axis)
  const weights = constant([0.2989, 0.587, 0.114], axis === 3 ? [3] : [3, 1, 1])
  return reduceSum(mul(x, weights), ints([axis]), { keepdims: 1 })
}

/** A share `factor` of the way to grey, within the range; less than 0 leads away from it. */
export const degenerated = (where: string, x: Value, factor: Value, range: Range, format: DataFormat): Value =>
  clipped(add(x, mul(factor, sub(greyscale(where, x, format), x))), range)

/** Saturation times `factor`. It is cut to the range of *pixels*, as in Keras, so that it may exceed 1. */
export function saturated(where: string, x: Value, factor: Value, range: Range, format: DataFormat): Value {
  const axis = channelAxis(format)
  const [h, s, v] = toHsv(where, x, axis)
  return fromHsv(h, clipped(mul(s, factor), range), v, axis)
}

/** Hue turned by a share `turn` of the circle, from −1 to 1. */
export function hueTurned(where_: string, x: Value, turn: Value, range: Range, format: DataFormat): Value {
  const axis = channelAxis(format)
  const [h, s, v] = toHsv(where_, toRange(x, range, [0, 1]), axis)
  const turned = add(h, turn)
  const below = where(greater(turned, scalar(1)), sub(turned, scalar(1)), turned)
  const hue = where(less(below, scalar(0)), add(below, scalar(1)), below)
  return toRange(clipped(fromHsv(hue, s, v, axis), [0, 1]), [0, 1], range)
}

/** Only the upper bits of each byte: those that stay when it is shifted by `places` (uint8) and back. */
export function posterized(x: Value, places: Value, range: Range): Value {
  const bytes = cast(toRange(x, range, byteRange), { to: 'uint8' })
  const kept = bitShift(bitShift(bytes, places, { direction: 'RIGHT' }), places, { direction: 'LEFT' })
  return toRange(cast(kept, { to: 'float32' }), byteRange, range)
}

/** Inverts what is at least `threshold` after `addition`, both on the scale of bytes. */
export function solarized(x: Value, addition: Value, threshold: Value, range: Range): Value {
  const brighter = clipped(add(toRange(x, range, byteRange), addition), byteRange)
  const inverted = where(less(brighter, threshold), brighter, sub(scalar(255), brighter))
  return toRange(inverted, byteRange, range)
}

/** Stretches each image's channels over the whole range; what has one value only stays. Keras's axes, whatever the data format. */
export function stretched(x: Value, range: Range): Value {
  const bytes = toRange(x, range, byteRange)
  const axes = ints([1, 2])
  const low = reduceMin(bytes, axes, { keepdims: 1 })
  const spread = sub(reduceMax(bytes, axes, { keepdims: 1 }), low)
  const flat = equal(spread, scalar(0))
  const scale = div(scalar(255), where(flat, scalar(1), spread))
  const wide = clipped(sub(mul(bytes, scale), mul(low, scale)), byteRange)
  return where(flat, x, toRange(wide, byteRange, range))
}

/** Hue, saturation and value of red, green and blue; hue from 0 to 1 (Smith, "Color Gamut Transform Pairs", 1978). */
function toHsv(name: string, x: Value, axis: number): [Value, Value, Value] {
  requireColours(name, x, axis)
  const channel = (i: number) => slice(x, ints([i]), ints([i + 1]), ints([axis]))
  const [r, g, b] = [channel(0), channel(1), channel(2)]
  const v = max([r, g, b])
  const range = sub(v, min([r, g, b]))
  const [zero, one] = [scalar(0), scalar(1)]
  // Divisors of 1 where the quotient is not used, so that gradients stay finite too.
  const lit = greater(v, zero)
  const s = where(lit, div(range, where(lit, v, one)), zero)
  const coloured = greater(range, zero)
  const sixth = div(scalar(1 / 6), where(coloured, range, one))
  const between = (from: Value, to: Value, start: number) => add(mul(sixth, sub(from, to)), scalar(start))
  const hue = where(equal(r, v), mul(sixth, sub(g, b)), where(equal(g, v), between(b, r, 2 / 6), between(r, g, 4 / 6)))
  const h = where(coloured, hue, zero)
  return [where(less(h, zero), add(h, one), h), s, v]
}

function fromHsv(h: Value, s: Value, v: Value, axis: number): Value {
  const six = mul(h, scalar(6))
  const from = (centre: number) => abs(sub(six, scalar(centre)))
  const unit = (x: Value) => clipped(x, [0, 1])
  const shares = [unit(sub(from(3), scalar(1))), unit(sub(scalar(2), from(2))), unit(sub(scalar(2), from(4)))]
  const rest = sub(scalar(1), s)
  return concat(
    shares.map(share => mul(add(rest, mul(s, share)), v)),
    { axis },
  )
}

function requireColours(name: string, x: Value, axis: number): void {
  const channels: Dim | undefined = x.shape[axis]
  if (channels === 3) return
  throw new ShapeError({
    where: name,
    expected: 'images of three channels: red, green and blue',
    received: `shape ${formatShape(x.shape)}`,
  })
}
