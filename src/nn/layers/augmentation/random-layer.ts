import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape, staticShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { less } from '../../../ops/logic/less.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { mul } from '../../../ops/math/mul.ts'
import { randomNormal, randomUniform } from '../../../ops/random/bits.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { squeeze } from '../../../ops/shape/squeeze.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import type { BoundingBoxFormat } from '../../bounding-boxes/formats.ts'
import type { SameShape } from '../../shapes/functions.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import { type CommonOptions, common, type DataFormat, dataFormat } from '../options.ts'
import { type SeedOption, seededKey } from '../seeded.ts'
import { type BoxOption, boxOption, movedBoxes, refusedBoxes } from './boxes.ts'
import { type AugmentationData, checkSizes, inBatches, inOwnDtype } from './data.ts'
import { type AugmentationLayer, dataLayer } from './data-layer.ts'

/**
 * What layers that augment images share. As in Keras, drawing a transformation is one thing and applying it another: `draw` gives
 * values that depend on the run's seed and step alone, `apply` is a plain function of images and these values, and what belongs to the
 * images is moved by the same values. In inference everything is left as it is.
 */

export interface AugmentationOptions extends SeedOption, BoxOption, CommonOptions {
  /** Where the channels are. Default channelsLast. */
  readonly dataFormat?: DataFormat
}

/** A batch of images, as float32, and what is known of it. */
export interface Images {
  /** [batch, height, width, channels], or channels before height. */
  readonly x: Value
  readonly format: DataFormat
  readonly batch: number
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** Random values of one layer and step: every call is a draw of its own, in the order of the calls. */
export interface Draws {
  /** Uniform in [low, high), float32; the constant `low` where both are equal. Default 0 to 1. */
  uniform(shape: readonly number[], low?: number, high?: number): Value
  /** Standard normal, float32. */
  normal(shape: readonly number[]): Value
}

export interface Augmentation<T> {
  /** Keras's class name. */
  readonly type: string
  /** The function that makes the layer, for messages. */
  readonly where: string
  readonly options: AugmentationOptions
  /** Checked options with defaults filled in. */
  readonly config: object & { readonly seed: number | null; readonly [option: string]: unknown }
  /** Chooses what becomes of these images. */
  draw(random: Draws, images: Images): T
  /** Does it: images of the shape of `images.x`. */
  apply(images: Images, transformation: T): Value
  /** What becomes of masks, which are like images but not to be interpolated. Default: they stay as they are. */
  masks?(masks: Images, transformation: T): Value
  /** What becomes of boxes [batch, n, 4] of left, top, right and bottom in pixels. Default: they stay as they are. */
  boxes?(boxes: Value, transformation: T, images: Images): Value
  /** Why boxes cannot come along, where they cannot. */
  readonly refuses?: string
}

/** A layer that changes images at random in training, and hands them on as float32 in inference. */
export function randomImageLayer<T, F extends ShapeFunction = SameShape>(
  augmentation: Augmentation<T>,
): AugmentationLayer<F> {
  const { type, where, options, config, draw } = augmentation
  const format = dataFormat(where, options.dataFormat)
  const boxes = boxOption(where, options)
  return dataLayer<F>({
    type,
    where,
    ...common(where, options),
    config: { ...config, ...boxes },
    augment(data, scope) {
      if (!scope.training) return unchanged(where, data, format)
      return inBatches(where, data, format, batch => {
        const images = imagesOf(where, asFloat(batch.images), format)
        const drawn = draw(drawsFrom(seededKey(scope, config.seed)), images)
        return moved(augmentation, batch, images, drawn, boxes.boundingBoxFormat)
      })
    },
  })
}

/** Images changed by what was drawn, and what belongs to them. */
export function moved<T>(
  { where, apply, masks, boxes, refuses }: Omit<Augmentation<T>, 'draw' | 'config'>,
  batch: AugmentationData<Value>,
  images: Images,
  drawn: T,
  format: BoundingBoxFormat | undefined,
): AugmentationData<Value> {
  const { boundingBoxes, segmentationMasks } = batch
  if (boundingBoxes && refuses) refusedBoxes(where, refuses)
  return {
    ...batch,
    images: apply(images, drawn),
    ...(segmentationMasks && masks
      ? { segmentationMasks: asMasks(where, segmentationMasks, images.format, x => masks(x, drawn)) }
      : {}),
    ...(boundingBoxes && boxes
      ? { boundingBoxes: movedBoxes(where, boundingBoxes, format, images, x => boxes(x, drawn, images)) }
      : {}),
  }
}

/** In inference: images as floats. */
export function unchanged(where: string, data: AugmentationData<Value>, format: DataFormat): AugmentationData<Value> {
  requireImages(where, data.images)
  checkSizes(where, data, format)
  return { ...data, images: asFloat(data.images) }
}

/** Masks through something that is done to images. */
export const asMasks = (where: string, masks: Value, format: DataFormat, work: (masks: Images) => Value): Value =>
  inOwnDtype(masks, x => work(imagesOf(where, x, format)))

/** Draws from a key, each from a stream of its own. */
export function drawsFrom(key: Value): Draws {
  let stream = 0
  return {
    uniform(shape, low = 0, high = 1) {
      const options = { stream: stream++ }
      if (low === high) return filled(shape, low)
      const unit = randomUniform(key, shape, options)
      const wide = high - low === 1 ? unit : mul(unit, scalar(high - low))
      return low === 0 ? wide : add(wide, scalar(low))
    },
    normal: shape => randomNormal(key, shape, { stream: stream++ }),
  }
}

const filled = (shape: readonly number[], value: number): Value =>
  constant(new Array<number>(shape.reduce((n, dim) => n * dim, 1)).fill(value), shape)

/** Works on images of known sizes, and on one image [height, width, channels] as on a batch of one, as Keras does. */
export const onImages = (where: string, input: Value, format: DataFormat, work: (images: Images) => Value): Value =>
  onBatch(where, input, x => work(imagesOf(where, x, format)))

export function imagesOf(where: string, x: Value, format: DataFormat): Images {
  const [batch = 0, a = 0, b = 0, c = 0] = staticShape(requireImages(where, x).shape, where)
  const [height, width, channels] = format === 'channelsLast' ? [a, b, c] : [b, c, a]
  return { x, format, batch, height, width, channels }
}

/** As `onImages`, for work that does not ask for the number of images. */
export function onBatch(where: string, input: Value, work: (x: Value) => Value): Value {
  const single = requireImages(where, input).shape.length === 3
  const y = work(asFloat(single ? unsqueeze(input, ints([0])) : input))
  return single ? squeeze(y, ints([0])) : y
}

export function requireImages(where: string, x: Value): Value {
  const rank = x.shape.length
  if (rank === 4 || (rank === 3 && typeof x.shape[0] === 'number')) return x
  throw new ShapeError({
    where,
    expected: 'images of shape [batch, height, width, channels], or one of shape [height, width, channels]',
    received: `shape ${formatShape(x.shape)}`,
    remedy: 'Grey images need a channel axis: [28, 28] becomes [28, 28, 1].',
  })
}

export const asFloat = (x: Value): Value => (x.dtype === 'float32' ? x : cast(x, { to: 'float32' }))

/** One value per image, [batch], as [batch, 1, 1, 1]: it broadcasts to images. */
export const perImage = (value: Value): Value => reshape(value, ints([-1, 1, 1, 1]))

/** Whether each image is changed, bool[batch]: with a probability that is itself drawn from `factor`, as in Keras. */
export function chosen(random: Draws, batch: number, [low, high]: Range): Value {
  const probability = random.uniform([batch], low, high)
  return less(random.uniform([batch]), probability)
}

/** Lower and upper bound. */
export type Range = readonly [number, number]
/** A bound, or a lower and an upper one. */
export type Factor = number | readonly number[]

/**
 * `0.2` → [−0.2, 0.2], cut off at the least value allowed; a pair, in either order, → itself, lower bound first. Throws for
 * anything outside of `least` to `most`.
 */
export function factorRange(where: string, name: string, factor: Factor, least = -1, most = 1): Range {
  const given = typeof factor === 'number' ? [factor] : [...factor].sort((a, b) => a - b)
  const [low, high = low] = given
  const allowed = given.every(value => value >= least && value <= most)
  if (low !== undefined && high !== undefined && allowed) {
    if (typeof factor !== 'number' && given.length === 2) return [low, high]
    if (typeof factor === 'number') return [Math.max(-Math.abs(factor), least), Math.abs(factor)]
  }
  throw new ArgumentError({
    where,
    expected: `'${name}' to be a number from ${least} to ${most}, or two of them`,
    received: JSON.stringify(factor),
  })
}

/** A number from `least` to `most`. */
export function within(where: string, name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value
  throw new ArgumentError({
    where,
    expected: `'${name}' to be a number from ${least} to ${most}`,
    received: String(value),
  })
}

/** The least and the greatest value that a pixel may have. */
export function valueRange(where: string, range: readonly number[] = [0, 255]): Range {
  const [low, high, ...more] = range
  if (more.length === 0 && low !== undefined && high !== undefined && low < high) return [low, high]
  throw new ArgumentError({
    where,
    expected: "'valueRange' to be two numbers, the lower one first",
    received: JSON.stringify(range),
  })
}
