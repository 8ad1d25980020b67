import { ArgumentError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { constantLike, ints, scalar } from '../../../ops/constants.ts'
import { greater } from '../../../ops/logic/greater.ts'
import { where as choose } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { cos } from '../../../ops/math/cos.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sin } from '../../../ops/math/sin.ts'
import { sub } from '../../../ops/math/sub.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { dataFormat } from '../options.ts'
import { seedOf } from '../seeded.ts'
import { rotatedBoxes, shearedBoxes, translatedBoxes, zoomedBoxes } from './affine-boxes.ts'
import {
  type Augmentation,
  type AugmentationOptions,
  type Draws,
  type Factor,
  factorRange,
  type Images,
  type Range,
  randomImageLayer,
} from './random-layer.ts'
import { columns, nearest, rows, type Sampling, type SamplingOptions, sampled, samplingConfig } from './sampling.ts'

/** Layers that move every pixel's place linearly: where a pixel of the result looks in the image is given, not where one goes. */

type AffineOptions = AugmentationOptions & SamplingOptions

export interface RandomRotationOptions extends AffineOptions {
  /** Parts of a full turn, counter-clockwise: 0.2 draws angles from −20 % to 20 % of 360°, [−0.2, 0.3] from −20 % to 30 %. */
  readonly factor: Factor
}

/** Turns each image about its middle by a random angle: [batch, height, width, channels], as float32. */
export const randomRotation = (options: RandomRotationOptions) => randomImageLayer(rotation(options))

/** Its transformation: angles in degrees, [batch]. */
export function rotation(options: RandomRotationOptions): Augmentation<Value> {
  const where = 'randomRotation'
  const factor = factorRange(where, 'factor', options.factor)
  const sampling = samplingConfig(where, options)
  return {
    type: 'RandomRotation',
    where,
    options,
    config: { factor, ...sampling, ...commonConfig(where, options) },
    draw: (random, { batch }) => random.uniform([batch], factor[0] * 360, factor[1] * 360),
    apply: (images, angles) => rotated(images, angles, sampling),
    masks: (masks, angles) => rotated(masks, angles, nearest(sampling)),
    boxes: rotatedBoxes,
  }
}

/** Images turned about their middles by `angles`, [batch], in degrees. */
export function rotated(images: Images, angles: Value, sampling: Sampling): Value {
  const radians = everywhere(mul(angles, scalar(Math.PI / 180)))
  const [c, s] = [cos(radians), sin(radians)]
  const [cx, cy] = [(images.width - 1) / 2, (images.height - 1) / 2]
  const x = sub(columns(images), scalar(cx))
  const y = sub(rows(images), scalar(cy))
  const places = {
    x: add(sub(mul(c, x), mul(s, y)), scalar(cx)),
    y: add(add(mul(s, x), mul(c, y)), scalar(cy)),
  }
  return sampled(images, places, sampling)
}

export interface RandomZoomOptions extends AffineOptions {
  /** [0.2, 0.3] zooms out by 20 % to 30 %, [−0.3, −0.2] zooms in; 0.2 is [−0.2, 0.2]. Above −1, at most 1. */
  readonly heightFactor: Factor
  /** As `heightFactor`. Default null: the same zoom as that of the height, which keeps the aspect ratio. */
  readonly widthFactor?: Factor | null
}

/** Zooms into each image, or out of it, by a random factor: [batch, height, width, channels], as float32. */
export const randomZoom = (options: RandomZoomOptions) => randomImageLayer(zooming(options))

/** Its transformation: how many times as far images are seen from, [batch] each. */
export function zooming(options: RandomZoomOptions): Augmentation<{ readonly height: Value; readonly width: Value }> {
  const where = 'randomZoom'
  const height = zoomRange(where, 'heightFactor', options.heightFactor)
  const given = options.widthFactor ?? null
  const width = given === null ? null : zoomRange(where, 'widthFactor', given)
  const sampling = samplingConfig(where, options)
  return {
    type: 'RandomZoom',
    where,
    options,
    config: {
      heightFactor: asGiven(height),
      widthFactor: width && asGiven(width),
      ...sampling,
      ...commonConfig(where, options),
    },
    draw(random, { batch }) {
      const drawn = ([low, high]: Range) => random.uniform([batch], 1 + low, 1 + high)
      const vertical = drawn(height)
      return { height: vertical, width: width ? drawn(width) : vertical }
    },
    apply: (images, zooms) => zoomed(images, zooms, sampling),
    masks: (masks, zooms) => zoomed(masks, zooms, nearest(sampling)),
    boxes: zoomedBoxes,
  }
}

function zoomRange(where: string, name: string, factor: Factor): Range {
  const range = factorRange(where, name, factor)
  if (range[0] > -1 || typeof factor === 'number') return range
  throw new ArgumentError({
    where,
    expected: `'${name}' above −1, where nothing of an image is left`,
    received: JSON.stringify(factor),
  })
}

/** Images seen from so many times as far, [batch] each, about their middles. */
export function zoomed(
  images: Images,
  zooms: { readonly height: Value; readonly width: Value },
  sampling: Sampling,
): Value {
  const along = (place: Value, zoom: Value, size: number) => {
    const middle = scalar((size - 1) / 2)
    return add(mul(everywhere(zoom), sub(place, middle)), middle)
  }
  const x = along(columns(images), zooms.width, images.width)
  return sampled(images, { x, y: along(rows(images), zooms.height, images.height) }, sampling)
}

export interface RandomTranslationOptions extends AffineOptions {
  /** Parts of the height, downwards: 0.2 moves by −20 % to 20 %, [−0.2, 0.3] by −20 % to 30 %. From −1 to 1. */
  readonly heightFactor: Factor
  /** Parts of the width, to the right. */
  readonly widthFactor: Factor
}

/** Moves each image by a random distance: [batch, height, width, channels], as float32. */
export const randomTranslation = (options: RandomTranslationOptions) => randomImageLayer(translation(options))

/** Its transformation: pixels to the right and downwards, [batch] each. */
export function translation(options: RandomTranslationOptions): Augmentation<{ readonly x: Value; readonly y: Value }> {
  const where = 'randomTranslation'
  const height = factorRange(where, 'heightFactor', options.heightFactor)
  const width = factorRange(where, 'widthFactor', options.widthFactor)
  const sampling = samplingConfig(where, options)
  return {
    type: 'RandomTranslation',
    where,
    options,
    config: {
      heightFactor: asGiven(height),
      widthFactor: asGiven(width),
      ...sampling,
      ...commonConfig(where, options),
    },
    draw: (random, images) => ({
      y: mul(random.uniform([images.batch], ...height), scalar(images.height)),
      x: mul(random.uniform([images.batch], ...width), scalar(images.width)),
    }),
    apply: (images, distances) => translated(images, distances, sampling),
    masks: (masks, distances) => translated(masks, distances, nearest(sampling)),
    boxes: translatedBoxes,
  }
}

/** Images moved by so many pixels, [batch] each, to the right and downwards. */
export const translated = (
  images: Images,
  { x, y }: { readonly x: Value; readonly y: Value },
  sampling: Sampling,
): Value => sampled(images, { x: sub(columns(images), everywhere(x)), y: sub(rows(images), everywhere(y)) }, sampling)

export interface RandomShearOptions extends AffineOptions {
  /** By how many columns a row is moved for each row above it, from 0 to 1, either way: 0.2 draws from −0.2 to 0.2. Default 0. */
  readonly xFactor?: Factor
  /** By how many rows a column is moved for each column before it. Default 0. */
  readonly yFactor?: Factor
}

/** Shears each image by random amounts, about its top left corner: [batch, height, width, channels], as float32. */
export const randomShear = (options: RandomShearOptions = {}) => randomImageLayer(shearing(options))

/** Its transformation: columns for each row and rows for each column, [batch] each. */
export function shearing(options: RandomShearOptions): Augmentation<{ readonly x: Value; readonly y: Value }> {
  const where = 'randomShear'
  const x = factorRange(where, 'xFactor', options.xFactor ?? 0)
  const y = factorRange(where, 'yFactor', options.yFactor ?? 0)
  const sampling = samplingConfig(where, options)
  return {
    type: 'RandomShear',
    where,
    options,
    // Keras writes [−a, a] for a, and then does not take it.
    config: { xFactor: asGiven(x), yFactor: asGiven(y), ...sampling, ...commonConfig(where, options) },
    draw: (random, { batch }) => drawShear(random, batch, x, y),
    apply: (images, shears) => sheared(images, shears, sampling),
    masks: (masks, shears) => sheared(masks, shears, nearest(sampling)),
    boxes: shearedBoxes,
  }
}

function drawShear(random: Draws, batch: number, x: Range, y: Range): { readonly x: Value; readonly y: Value } {
  const chance = random.uniform([batch])
  const way = choose(greater(chance, scalar(0.5)), constantLike([-1], [], chance), scalar(1))
  return { x: mul(random.uniform([batch], ...x), way), y: mul(random.uniform([batch], ...y), way) }
}

/** Images whose pixel (x, y) comes from (x + shears.x · y, y + shears.y · x), [batch] each. */
export function sheared(images: Images, shears: { readonly x: Value; readonly y: Value }, sampling: Sampling): Value {
  const [x, y] = [columns(images), rows(images)]
  const places = { x: add(x, mul(everywhere(shears.x), y)), y: add(y, mul(everywhere(shears.y), x)) }
  return sampled(images, places, sampling)
}

const commonConfig = (where: string, options: AugmentationOptions) => ({
  seed: seedOf(where, options),
  dataFormat: dataFormat(where, options.dataFormat),
})

/** The shorter spelling of a range about 0. */
const asGiven = ([low, high]: Range): Factor => (low === -high ? high : [low, high])

/** One value per image, [batch], as [batch, 1, 1]: it broadcasts to places. */
const everywhere = (value: Value): Value => reshape(value, ints([-1, 1, 1]))
