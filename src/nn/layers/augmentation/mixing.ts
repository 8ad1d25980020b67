import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { gather } from '../../../ops/index/gather.ts'
import { and } from '../../../ops/logic/and.ts'
import { greaterOrEqual } from '../../../ops/logic/greater-or-equal.ts'
import { less } from '../../../ops/logic/less.ts'
import { where } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { div } from '../../../ops/math/div.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sqrt } from '../../../ops/math/sqrt.ts'
import { sub } from '../../../ops/math/sub.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import { common, type DataFormat, dataFormat } from '../options.ts'
import { seededKey, seedOf } from '../seeded.ts'
import { boxOption, refusedBoxes } from './boxes.ts'
import { type AugmentationData, type BoundingBoxes, inBatches } from './data.ts'
import { type AugmentationLayer, dataLayer } from './data-layer.ts'
import { beta, permutation } from './draws.ts'
import {
  type Augmentation,
  type AugmentationOptions,
  asFloat,
  drawsFrom,
  type Factor,
  factorRange,
  imagesOf,
  perImage,
  unchanged,
} from './random-layer.ts'

/**
 * Layers that mix every image of a batch with another one, and labels and masks alike. Called on images alone, on `[images, labels]`,
 * which gives both, or on a dictionary; labels are [batch, classes], one-hot or any other targets of numbers, and come out as
 * float32 like masks. `compile({ augmentation: mixUp() })` has `fit` do it to every batch.
 */

export interface MixUpOptions extends AugmentationOptions {
  /** Of the distribution Beta(alpha, alpha) of an image's share; the smaller, the less is mixed. Default 0.2. */
  readonly alpha?: number
}

export interface CutMixOptions extends AugmentationOptions {
  /** What alpha is drawn from, the same for all images of a batch: a range, or f for 0 to f. Default 1. */
  readonly factor?: Factor
}

/** As many outputs as inputs, of the same shapes. */
export interface SameShapes extends ShapeFunction {
  readonly output: this['input']
}

/**
 * Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018: weighted means of images, of their labels and masks;
 * an image's boxes are those of both. In inference all are left as they are.
 */
export const mixUp = (options: MixUpOptions = {}): AugmentationLayer<SameShapes> => mixingLayer(blending(options))

/**
 * Yun et al., "CutMix", 2019: a box of each image is replaced by that of another, and the labels are mixed by its area. In inference
 * both are left as they are. Masks are cut as images are; bounding boxes are refused, as in Keras.
 */
export const cutMix = (options: CutMixOptions = {}): AugmentationLayer<SameShapes> => mixingLayer(cutting(options))

/** An augmentation whose transformation says how labels are mixed too. */
export interface Mixing<T extends Mixed> extends Augmentation<T> {}

export interface Mixed {
  /** The image that each one is mixed with, int64[batch]. */
  readonly order: Value
  /** The share of itself that each keeps, [batch]. */
  readonly weight: Value
}

/** Corners in pixels, [batch] each: the first pixels inside, and the first behind them. */
export interface Box {
  readonly x0: Value
  readonly x1: Value
  readonly y0: Value
  readonly y1: Value
}

export function blending(options: MixUpOptions): Mixing<Mixed> {
  const name = 'mixUp'
  const { alpha = 0.2 } = options
  if (!(alpha > 0 && Number.isFinite(alpha)))
    throw new ArgumentError({ where: name, expected: "'alpha' above 0", received: String(alpha) })
  return {
    type: 'MixUp',
    where: name,
    options,
    config: { alpha, seed: seedOf(name, options), dataFormat: dataFormat(name, options.dataFormat) },
    draw: (random, { batch }) => ({
      order: permutation(random, batch),
      weight: beta(random, batch, scalar(alpha)),
    }),
    apply: ({ x }, mixed) => weighted(x, mixed),
  }
}

export function cutting(options: CutMixOptions): Mixing<Mixed & { readonly box: Box }> {
  const name = 'cutMix'
  const factor = factorRange(name, 'factor', options.factor ?? 1, 0)
  return {
    type: 'CutMix',
    refuses: 'a part of a box need not show what is in it',
    where: name,
    options,
    config: { factor, seed: seedOf(name, options), dataFormat: dataFormat(name, options.dataFormat) },
    draw(random, { batch, height, width }) {
      const alpha = add(random.uniform([], ...factor), scalar(1e-6))
      const ratio = sqrt(sub(scalar(1), beta(random, batch, alpha)))
      const along = (length: number): [Value, Value] => {
        const size = mul(ratio, scalar(length))
        const start = mul(random.uniform([batch]), sub(scalar(length), size))
        return [start, add(start, size)]
      }
      const [x0, x1] = along(width)
      const [y0, y1] = along(height)
      const box = { x0, x1, y0, y1 }
      return { order: permutation(random, batch), box, weight: outside(box, height * width) }
    },
    apply: ({ x, format, height, width }, { order, box }) => {
      const shape =
        format === 'channelsLast'
          ? { rows: [height, 1, 1], columns: [width, 1] }
          : { rows: [height, 1], columns: [width] }
      const between = (places: Value, low: Value, high: Value) =>
        and(greaterOrEqual(places, perImage(low)), less(places, perImage(high)))
      const inside = and(
        between(counting(width, shape.columns), box.x0, box.x1),
        between(counting(height, shape.rows), box.y0, box.y1),
      )
      return where(inside, gather(x, order, { axis: 0 }), x)
    },
  }
}

/** The share of an image of `area` pixels that is not in the box, [batch]. */
export const outside = ({ x0, x1, y0, y1 }: Box, area: number): Value =>
  sub(scalar(1), div(mul(sub(x1, x0), sub(y1, y0)), scalar(area)))

/** weight · x + (1 − weight) · x in the other order, along axis 0. */
export function weighted(x: Value, { order, weight }: Mixed): Value {
  const share = reshape(weight, ints([-1, ...x.shape.slice(1).map(() => 1)]))
  return add(mul(share, x), mul(sub(scalar(1), share), gather(x, order, { axis: 0 })))
}

function mixingLayer<T extends Mixed>(mixing: Mixing<T>): AugmentationLayer<SameShapes> {
  const { type, where: name, options, config, draw } = mixing
  const format = dataFormat(name, options.dataFormat)
  return dataLayer<SameShapes>({
    type,
    where: name,
    ...common(name, options),
    config: { ...config, ...boxOption(name, options) },
    listed: ['images', 'labels'],
    mixes: ['labels', 'segmentationMasks'],
    augment(data, scope) {
      const { labels, images } = data
      const given = { ...data, ...(labels ? { labels: asFloat(requireLabels(name, labels, images)) } : {}) }
      // There is no other image to mix a single one with.
      if (!scope.training || images.shape.length === 3) return unchanged(name, given, format)
      return inBatches(name, given, format, batch => {
        const drawn = draw(drawsFrom(seededKey(scope, config.seed)), imagesOf(name, batch.images, format))
        return mixedData(mixing, batch, format, drawn)
      })
    },
  })
}

/** Images mixed by what was drawn, and what belongs to them. */
export function mixedData<T extends Mixed>(
  { where: name, apply, refuses }: Mixing<T>,
  { boundingBoxes, images, labels, segmentationMasks: masks }: AugmentationData<Value>,
  format: DataFormat,
  drawn: T,
): AugmentationData<Value> {
  const mixed = (x: Value) => apply(imagesOf(name, asFloat(x), format), drawn)
  return {
    images: mixed(images),
    ...(masks ? { segmentationMasks: mixed(masks) } : {}),
    ...(labels ? { labels: weighted(labels, drawn) } : {}),
    ...(boundingBoxes ? { boundingBoxes: refuses ? refusedBoxes(name, refuses) : both(boundingBoxes, drawn) } : {}),
  }
}

/** The boxes of an image, and those of the one it is mixed with: [batch, 2n, 4]. */
function both({ boxes, labels }: BoundingBoxes<Value>, { order }: Mixed): BoundingBoxes<Value> {
  const twice = (x: Value) => concat([x, gather(x, order, { axis: 0 })], { axis: 1 })
  return { boxes: twice(boxes), labels: twice(labels) }
}

function requireLabels(name: string, labels: Value, images: Value): Value {
  const rank = labels.shape.length
  if (images.shape.length === 3 || rank > 1) return labels
  throw new ShapeError({
    where: name,
    expected: 'labels of shape [batch, classes]',
    received: `shape ${formatShape(labels.shape)}`,
    remedy: 'Class numbers cannot be mixed: make them one-hot, and use categoricalCrossentropy.',
  })
}

const counting = (count: number, shape: readonly number[]): Value =>
  constant(
    Array.from({ length: count }, (_, i) => i),
    shape,
  )
