import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { greater } from '../../../ops/logic/greater.ts'
import { less } from '../../../ops/logic/less.ts'
import { where } from '../../../ops/logic/where.ts'
import { abs } from '../../../ops/math/abs.ts'
import { add } from '../../../ops/math/add.ts'
import { div } from '../../../ops/math/div.ts'
import { floor } from '../../../ops/math/floor.ts'
import { min } from '../../../ops/math/min.ts'
import { mul } from '../../../ops/math/mul.ts'
import { neg } from '../../../ops/math/neg.ts'
import { round } from '../../../ops/math/round.ts'
import { sign } from '../../../ops/math/sign.ts'
import { sub } from '../../../ops/math/sub.ts'
import { clip } from '../../../ops/nn/clip.ts'
import { gridSample } from '../../../ops/nn/grid-sample.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { expand } from '../../../ops/shape/expand.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import { finite } from '../../serialized.ts'
import { oneOf } from '../arguments.ts'
import { fromEngine, toEngine } from '../spatial.ts'
import type { Images } from './random-layer.ts'

/** Images looked up at places between their pixels, and beyond their borders, by the rules of Keras on TensorFlow. */

const fillModes = ['reflect', 'wrap', 'constant', 'nearest'] as const
export const interpolations = ['nearest', 'bilinear'] as const

export interface SamplingOptions {
  /**
   * What is beyond the borders: the image mirrored (`reflect`, d c b a | a b c d | d c b a), repeated (`wrap`), one value
   * (`constant`), or the nearest pixel (`nearest`). Default reflect.
   */
  readonly fillMode?: (typeof fillModes)[number]
  /** Between pixels. Default bilinear. */
  readonly interpolation?: (typeof interpolations)[number]
  /** Of what is beyond the borders with `fillMode: 'constant'`. Default 0. */
  readonly fillValue?: number
}

export type Sampling = Required<SamplingOptions>

/** Checked options, defaults filled in. */
export const samplingConfig = (layer: string, options: SamplingOptions): Sampling => ({
  fillMode: oneOf(layer, 'fillMode', options.fillMode ?? 'reflect', fillModes),
  interpolation: oneOf(layer, 'interpolation', options.interpolation ?? 'bilinear', interpolations),
  fillValue: finite(layer, 'fillValue', options.fillValue ?? 0),
})

/** For masks, whose values must not be interpolated. */
export const nearest = (sampling: Sampling): Sampling => ({ ...sampling, interpolation: 'nearest' })

/** Where to look, in pixels, for each pixel of the result; both broadcast to [batch, height, width]. */
export interface Places {
  readonly x: Value
  readonly y: Value
}

/** 0 … width − 1, as [1, 1, width]. */
export const columns = ({ width }: Images): Value => constant(count(width), [1, 1, width])
/** 0 … height − 1, as [1, height, 1]. */
export const rows = ({ height }: Images): Value => constant(count(height), [1, height, 1])
const count = (size: number): number[] => Array.from({ length: size }, (_, i) => i)

/** As TensorFlow's ImageProjectiveTransformV3: places are first folded into the image, then rounded or interpolated. */
export function sampled(images: Images, { x, y }: Places, how: Sampling): Value {
  const along = (place: Value, size: number) => {
    const inside = folded(place, size, how.fillMode)
    return how.interpolation === 'nearest' ? roundedAway(inside) : inside
  }
  return lookedUp(images, { x: along(x, images.width), y: along(y, images.height) }, how)
}

/**
 * As Keras's map_coordinates on TensorFlow: places are first rounded or interpolated, then pixels' numbers folded into the image.
 * `reflect` mirrors negative ones about the middle of the first pixel (c b | a b c), others about the last pixel's border.
 */
export function mappedCoordinates(images: Images, { x, y }: Places, how: Sampling): Value {
  const along = (place: Value, size: number) => {
    const whole = how.interpolation === 'nearest' ? round(place) : place
    if (how.fillMode === 'wrap') return remainder(whole, size)
    return folded(how.fillMode === 'reflect' ? abs(whole) : whole, size, how.fillMode)
  }
  const places = { x: along(x, images.width), y: along(y, images.height) }
  return lookedUp(how.fillMode === 'wrap' ? repeatedOnce(images) : images, places, how)
}

/** Places that are inside of the image, or at most two pixels outside of it for `constant`. */
function folded(place: Value, size: number, mode: Sampling['fillMode']): Value {
  const last = scalar(size - 1)
  if (mode === 'constant') return clip(place, scalar(-2), scalar(size + 1))
  if (mode === 'nearest' || size === 1) return clip(place, scalar(0), last)
  if (mode === 'wrap') {
    // TensorFlow counts the turns in steps of size − 1, though one turn is `size` long.
    const turns = div(place, last)
    const before = add(floor(neg(turns)), scalar(1))
    const behind = where(greater(place, last), neg(floor(turns)), scalar(0))
    const shift = where(less(place, scalar(0)), before, behind)
    return clip(add(place, mul(shift, scalar(size))), scalar(0), last)
  }
  const turn = remainder(place, 2 * size)
  return clip(min([turn, sub(scalar(2 * size - 1), turn)]), scalar(0), last)
}

/** place − size·⌊place / size⌋, from 0 to size. */
const remainder = (place: Value, size: number): Value => sub(place, mul(floor(div(place, scalar(size))), scalar(size)))

/** To the nearest whole number, halves away from 0. */
const roundedAway = (place: Value): Value => mul(sign(place), floor(add(abs(place), scalar(0.5))))

/** With the first row and column once more behind the last. */
function repeatedOnce({ x, format, ...images }: Images): Images {
  const axis = format === 'channelsLast' ? 1 : 2
  const twice = (value: Value, along: number) =>
    concat([value, slice(value, ints([0]), ints([1]), ints([along]))], { axis: along })
  const larger = twice(twice(x, axis), axis + 1)
  return { ...images, format, x: larger, height: images.height + 1, width: images.width + 1 }
}

/** Pixels at places that are inside, or outside where that has a value of its own. */
function lookedUp(images: Images, { x, y }: Places, { fillMode, interpolation, fillValue }: Sampling): Value {
  const { batch, height, width, format } = images
  const full = ints([batch, Number(y.shape[1]), Number(x.shape[2])])
  const along = (place: Value, size: number) => unsqueeze(expand(normalised(place, size), full), ints([3]))
  const grid = concat([along(x, width), along(y, height)], { axis: 3 })
  // What is outside counts as 0, so that is what its value has to become.
  const shift = fillMode === 'constant' ? fillValue : 0
  const source = shift === 0 ? images.x : sub(images.x, scalar(shift))
  const mode = interpolation === 'bilinear' ? 'linear' : 'nearest'
  const found = gridSample(toEngine(source, format), grid, {
    mode,
    padding_mode: fillMode === 'constant' ? 'zeros' : 'border',
  })
  const pixels = fromEngine(found, format)
  return shift === 0 ? pixels : add(pixels, scalar(shift))
}

/** From pixels to −1 … 1 between the image's outer borders. */
const normalised = (place: Value, size: number): Value => add(mul(place, scalar(2 / size)), scalar(1 / size - 1))
