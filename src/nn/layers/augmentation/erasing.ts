import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { and } from '../../../ops/logic/and.ts'
import { greaterOrEqual } from '../../../ops/logic/greater-or-equal.ts'
import { less } from '../../../ops/logic/less.ts'
import { where as choose } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sqrt } from '../../../ops/math/sqrt.ts'
import { sub } from '../../../ops/math/sub.ts'
import { clip } from '../../../ops/nn/clip.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import { dataFormat } from '../options.ts'
import { seedOf } from '../seeded.ts'
import {
  type Augmentation,
  type AugmentationOptions,
  chosen,
  type Draws,
  type Factor,
  factorRange,
  type Images,
  perImage,
  type Range,
  randomImageLayer,
  valueRange,
} from './random-layer.ts'
import { columns, rows } from './sampling.ts'

export interface RandomErasingOptions extends AugmentationOptions {
  /** The probability that an image is changed is drawn from 0 to this, or between two numbers. Default 1. */
  readonly factor?: Factor
  /** Size of the rectangle in parts of the image's area, as far as both sides agree. Default [0.02, 0.33]. */
  readonly scale?: Factor
  /** What the rectangle is filled with: one value, or one for each of three channels. Default null: normal noise. */
  readonly fillValue?: number | readonly number[] | null
  /** Values that pixels may have; what is filled in stays within it. Default [0, 255]. */
  readonly valueRange?: readonly number[]
}

/** What is erased of which images. */
export interface Erasure {
  /** bool[batch]. */
  readonly applied: Value
  /** The rectangle of each image, [batch] each, in pixels: left and top are part of it, right and bottom are not. */
  readonly left: Value
  readonly right: Value
  readonly top: Value
  readonly bottom: Value
  /** What is put there; broadcasts to the images. */
  readonly fill: Value
}

/**
 * Zhong et al., "Random Erasing Data Augmentation", 2017: fills a rectangle of images with noise or a value. As float32. Boxes and masks
 * stay as they are, as in Keras: what is hidden is still there.
 */
export const randomErasing = (options: RandomErasingOptions = {}) => randomImageLayer(erasing(options))

/** Its transformation: what is erased of which images. */
export function erasing(options: RandomErasingOptions): Augmentation<Erasure> {
  const where = 'randomErasing'
  const config = {
    factor: factorRange(where, 'factor', options.factor ?? 1, 0),
    scale: factorRange(where, 'scale', options.scale ?? [0.02, 0.33], 0),
    fillValue: fillOf(where, options.fillValue ?? null),
    valueRange: valueRange(where, options.valueRange),
    seed: seedOf(where, options),
    dataFormat: dataFormat(where, options.dataFormat),
  }
  return {
    type: 'RandomErasing',
    where,
    options,
    config,
    draw: (random, images) => drawErasure(random, images, config),
    apply: erased,
  }
}

interface ErasingConfig {
  readonly factor: Range
  readonly scale: Range
  readonly fillValue: number | readonly number[] | null
  readonly valueRange: Range
}

function drawErasure(random: Draws, images: Images, { factor, scale, fillValue, valueRange }: ErasingConfig): Erasure {
  const { batch, width, height, x } = images
  const side = (size: number) => {
    const length = mul(sqrt(random.uniform([batch], ...scale)), scalar(size))
    const start = mul(random.uniform([batch]), sub(scalar(size), length))
    return [start, add(start, length)] as const
  }
  const [left, right] = side(width)
  const [top, bottom] = side(height)
  const applied = chosen(random, batch, factor)
  const fill = filling(images, fillValue, valueRange, () => random.normal(x.shape.map(Number)))
  return { applied, left, right, top, bottom, fill }
}

/** What rectangles are filled with, within the range of values: `noise` where no value is given. */
export function filling(
  images: Images,
  value: number | readonly number[] | null,
  [low, high]: Range,
  noise: () => Value,
): Value {
  const fill =
    value === null ? mul(noise(), scalar(high)) : fillAlongChannels(typeof value === 'number' ? [value] : value, images)
  return clip(fill, scalar(low), scalar(high))
}

/** Images with their rectangles filled. */
export function erased(images: Images, { applied, left, right, top, bottom, fill }: Erasure): Value {
  const within = (places: Value, low: Value, high: Value) => {
    const [from, to] = [reshape(low, ints([-1, 1, 1])), reshape(high, ints([-1, 1, 1]))]
    return and(greaterOrEqual(places, from), less(places, to))
  }
  const inside = and(within(columns(images), left, right), within(rows(images), top, bottom))
  const everyChannel = unsqueeze(inside, ints([images.format === 'channelsLast' ? 3 : 1]))
  return choose(and(perImage(applied), everyChannel), fill, images.x)
}

function fillOf(where: string, value: number | readonly number[] | null): number | readonly number[] | null {
  const values = typeof value === 'number' ? [value] : (value ?? [])
  const counted = value === null || typeof value === 'number' || value.length === 3
  if (counted && values.every(Number.isFinite)) return value
  throw new ArgumentError({
    where,
    expected: "'fillValue' to be a number, three of them, or null",
    received: JSON.stringify(value),
  })
}

function fillAlongChannels(values: readonly number[], { channels, format }: Images): Value {
  if (values.length === 1 || values.length === channels) {
    return constant(values, format === 'channelsLast' ? [1, 1, 1, values.length] : [1, values.length, 1, 1])
  }
  throw new ShapeError({
    where: 'randomErasing',
    expected: `images of ${values.length} channels, for as many values of 'fillValue'`,
    received: `${channels} channels`,
  })
}
