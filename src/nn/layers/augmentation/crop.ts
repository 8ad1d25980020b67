import type { Value } from '../../../graph/value.ts'
import { constant, ints } from '../../../ops/constants.ts'
import { gather } from '../../../ops/index/gather.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { slice } from '../../../ops/shape/slice.ts'
import type { ImageSize } from '../../bounding-boxes/formats.ts'
import type { Option } from '../../shapes/functions.ts'
import type { Dims, Mismatch, ShapeFunction } from '../../shapes/shape-function.ts'
import { positiveInt } from '../arguments.ts'
import { common, type DataFormat, dataFormat } from '../options.ts'
import { cropped, type Image, imageOf, scaled } from '../preprocessing/resizing.ts'
import { seededKey, seedOf } from '../seeded.ts'
import { type BoxOption, boxOption, movedBoxes } from './boxes.ts'
import { type AugmentationData, inBatches, inOwnDtype } from './data.ts'
import { type AugmentationLayer, dataLayer } from './data-layer.ts'
import { type AugmentationOptions, type Draws, drawsFrom } from './random-layer.ts'

export interface RandomCropOptions extends AugmentationOptions {
  readonly height: number
  readonly width: number
}

/** [height, width, channels] → the layer's own height and width. */
export interface Cropped<O extends RandomCropOptions> extends ShapeFunction {
  readonly output: Option<O, 'dataFormat', 'channelsLast'> extends 'channelsLast'
    ? this['input'] extends readonly [unknown, unknown, infer C extends number | null]
      ? readonly [O['height'], O['width'], C]
      : this['input'] extends Dims
        ? number extends this['input']['length']
          ? Dims
          : Mismatch<'randomCrop needs inputs of shape [height, width, channels]'>
        : Dims
    : Dims
}

/**
 * Cuts the same part, at a random place, out of all images of a batch: [batch, height, width, channels] of a known size → the layer's
 * height and width, as float32. In inference, and where images are too small, it is the largest part in the middle that has this
 * aspect ratio, resized. (Keras 3.15 says so too, but hands images on as they are in inference, of whatever size, and takes rows
 * off the left of boxes and columns off their top.)
 */
export function randomCrop<const O extends RandomCropOptions>(options: O): AugmentationLayer<Cropped<O>> {
  const where = 'randomCrop'
  const config = {
    height: positiveInt(where, 'height', options.height),
    width: positiveInt(where, 'width', options.width),
    seed: seedOf(where, options),
    dataFormat: dataFormat(where, options.dataFormat),
    ...boxOption(where, options),
  }
  const { height, width, seed } = config
  const size = { height, width }
  return dataLayer({
    type: 'RandomCrop',
    where,
    ...common(where, options),
    config,
    augment: (data, scope) =>
      inBatches(where, data, config.dataFormat, batch => {
        const image = imageOf(where, batch.images, config.dataFormat)
        const window = scope.training
          ? windowIn(image, size, () => drawsFrom(seededKey(scope, seed)))
          : middleOf(image, size)
        return seenThrough(window, batch, image, config)
      }),
  })
}

/** The part of images that is in a window, and of what belongs to them. */
export function seenThrough(
  window: Window,
  batch: AugmentationData<Value>,
  image: Image,
  { dataFormat: format, boundingBoxFormat, ...size }: ImageSize & BoxOption & { readonly dataFormat: DataFormat },
): AugmentationData<Value> {
  const where = 'randomCrop'
  const { boundingBoxes, segmentationMasks } = batch
  const masks = (x: Value) => window.of(imageOf(where, x, format), 'nearest')
  const boxes = (corners: Value) => mul(sub(corners, window.origin), constant(window.scale))
  const from = { height: image.rows, width: image.columns }
  return {
    ...batch,
    images: window.of(image, 'bilinear'),
    ...(segmentationMasks ? { segmentationMasks: inOwnDtype(segmentationMasks, masks) } : {}),
    ...(boundingBoxes ? { boundingBoxes: movedBoxes(where, boundingBoxes, boundingBoxFormat, from, boxes, size) } : {}),
  }
}

/** A part of images. */
interface Window {
  /** It, as large as wanted. */
  of(image: Image, interpolation: 'nearest' | 'bilinear'): Value
  /** Its left, top, left and top. */
  readonly origin: Value
  /** How many times as large it becomes, along x, y, x and y. */
  readonly scale: readonly number[]
}

function windowIn(image: Image, size: ImageSize, random: () => Draws): Window {
  const { height, width } = size
  if (image.rows <= height || image.columns <= width) return cornerOf(image, size)
  return windowAt(drawCorner(random(), image, size), size)
}

/** A part of the wanted size. */
export function windowAt(corner: Corner, { height, width }: ImageSize): Window {
  const [top, left] = [corner.top, corner.left].map(at => reshape(cast(at, { to: 'float32' }), ints([1])))
  const origin = top && left ? concat([left, top, left, top], { axis: 0 }) : constant([0])
  return { of: given => cut(given, height, width, corner), origin, scale: [1, 1, 1, 1] }
}

/** The largest part in the middle of the wanted aspect ratio, resized. */
function middleOf(image: Image, { height, width }: ImageSize): Window {
  const part = cropped(image, height, width)
  const [top, left] = [image.rows - part.rows, image.columns - part.columns].map(rest => Math.floor(rest / 2))
  return resized({ top: top ?? 0, left: left ?? 0, ...part }, height, width, x => cropped(x, height, width))
}

/** What there is of the wanted size from the corner on at which that part begins, resized: so does Keras with small images. */
function cornerOf(image: Image, { height, width }: ImageSize): Window {
  const { rows, columns } = cropped(image, height, width)
  const top = Math.trunc((image.rows - rows) / 2)
  const left = Math.trunc((image.columns - columns) / 2)
  const [bottom, right] = [Math.min(image.rows, top + height), Math.min(image.columns, left + width)]
  const part = { rows: bottom - top, columns: right - left }
  return resized({ top, left, ...part }, height, width, ({ x, axis }) => ({
    x: slice(x, ints([top, left]), ints([bottom, right]), ints([axis, axis + 1])),
    axis,
    ...part,
  }))
}

function resized(
  { top, left, rows, columns }: { top: number; left: number; rows: number; columns: number },
  height: number,
  width: number,
  take: (image: Image) => Image,
): Window {
  const [x, y] = [width / columns, height / rows]
  return {
    of: (image, interpolation) => scaled(take(image), height, width, interpolation, false),
    origin: constant([left, top, left, top]),
    scale: [x, y, x, y],
  }
}

interface Corner {
  /** int64 scalars: the first row and column of what is cut out. */
  readonly top: Value
  readonly left: Value
}

function drawCorner(random: Draws, { rows, columns }: Image, { height, width }: ImageSize): Corner {
  const upTo = (count: number) => cast(random.uniform([], 0, count), { to: 'int64' })
  return { top: upTo(rows - height + 1), left: upTo(columns - width + 1) }
}

/** `height` rows and `width` columns from a corner on. */
export function cut({ x, axis }: Image, height: number, width: number, { top, left }: Corner): Value {
  const from = (start: Value, size: number) =>
    add(
      constant(
        Array.from({ length: size }, (_, i) => i),
        [size],
        'int64',
      ),
      start,
    )
  return gather(gather(x, from(top, height), { axis }), from(left, width), { axis: axis + 1 })
}
