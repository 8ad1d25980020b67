import type { Value } from '../../../graph/value.ts'
import { constant, ints } from '../../../ops/constants.ts'
import { gather } from '../../../ops/index/gather.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { slice } from '../../../ops/shape/slice.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { Option } from '../../shapes/functions.ts'
import type { Dims, Mismatch, ShapeFunction } from '../../shapes/shape-function.ts'
import { positiveInt } from '../arguments.ts'
import { common, dataFormat } from '../options.ts'
import { cropped, type Image, imageOf, scaled } from '../preprocessing/resizing.ts'
import { seededKey, seedOf } from '../seeded.ts'
import { type AugmentationOptions, type Draws, drawsFrom, type Images, onBatch, onImages } from './random-layer.ts'

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
 * aspect ratio, resized. (Keras 3.15 says so too, but hands images on as they are in inference, of whatever size.)
 */
export function randomCrop<const O extends RandomCropOptions>(options: O): Layer<Cropped<O>> {
  const where = 'randomCrop'
  const config = {
    height: positiveInt(where, 'height', options.height),
    width: positiveInt(where, 'width', options.width),
    seed: seedOf(where, options),
    dataFormat: dataFormat(where, options.dataFormat),
  }
  const { height, width, seed } = config
  return makeLayer({
    type: 'RandomCrop',
    ...common(where, options),
    config,
    call([input], scope) {
      if (!scope.training) {
        return onBatch(where, input, x => {
          const middle = cropped(imageOf(where, x, config.dataFormat), height, width)
          return scaled(middle, height, width, 'bilinear', false)
        })
      }
      return onImages(where, input, config.dataFormat, images => {
        const image = asImage(images)
        if (images.height <= height || images.width <= width) return enlarged(image, height, width)
        return cut(image, height, width, drawCorner(drawsFrom(seededKey(scope, seed)), images, height, width))
      })
    },
  })
}

export const asImage = ({ x, format, height, width }: Images): Image => ({
  x,
  axis: format === 'channelsLast' ? 1 : 2,
  rows: height,
  columns: width,
})

interface Corner {
  /** int64 scalars: the first row and column of what is cut out. */
  readonly top: Value
  readonly left: Value
}

function drawCorner(random: Draws, images: Images, height: number, width: number): Corner {
  const upTo = (count: number) => cast(random.uniform([], 0, count), { to: 'int64' })
  return { top: upTo(images.height - height + 1), left: upTo(images.width - width + 1) }
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

/** What there is of the wanted size from the corner on at which the largest part in the middle begins, resized: so does Keras. */
function enlarged(image: Image, height: number, width: number): Value {
  const { rows, columns } = cropped(image, height, width)
  const top = Math.trunc((image.rows - rows) / 2)
  const left = Math.trunc((image.columns - columns) / 2)
  const [bottom, right] = [Math.min(image.rows, top + height), Math.min(image.columns, left + width)]
  const { axis } = image
  const part = slice(image.x, ints([top, left]), ints([bottom, right]), ints([axis, axis + 1]))
  return scaled({ x: part, axis, rows: bottom - top, columns: right - left }, height, width, 'bilinear', false)
}
