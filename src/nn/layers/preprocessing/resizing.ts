import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalar } from '../../../ops/constants.ts'
import { cast } from '../../../ops/math/cast.ts'
import { pad } from '../../../ops/shape/pad.ts'
import { slice } from '../../../ops/shape/slice.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { finite } from '../../serialized.ts'
import type { ResizedShape } from '../../shapes/spatial.ts'
import { oneOf, positiveInt } from '../arguments.ts'
import { type CommonOptions, common, type DataFormat, dataFormat } from '../options.ts'
import { requireSpatial } from '../spatial.ts'
import { type Interpolation, interpolations, resampled } from './resample.ts'

export interface CenterCropOptions extends CommonOptions {
  readonly height: number
  readonly width: number
  /** Where the channels are. Default channelsLast. */
  readonly dataFormat?: DataFormat
}

export interface ResizingOptions extends CenterCropOptions {
  /** Default bilinear. */
  readonly interpolation?: Interpolation
  /** Cut off what would be stretched otherwise. Default false. */
  readonly cropToAspectRatio?: boolean
  /** Fill up what would be stretched otherwise. Default false. */
  readonly padToAspectRatio?: boolean
  /** How borders are filled: `constant` is the only way. */
  readonly fillMode?: 'constant'
  /** What borders are filled with. Default 0. */
  readonly fillValue?: number
  /** Let every pixel count where images shrink. Default false. */
  readonly antialias?: boolean
}

/**
 * Images of one size, known when the model is made, → [batch, height, width, channels], as float32. `nearest` and the other
 * interpolations are TensorFlow's, with half-pixel centres.
 */
export function resizing<const O extends ResizingOptions>(options: O): Layer<ResizedShape<'resizing', O>> {
  const where = 'resizing'
  const config = {
    height: positiveInt(where, 'height', options.height),
    width: positiveInt(where, 'width', options.width),
    interpolation: oneOf(where, 'interpolation', options.interpolation ?? 'bilinear', interpolations),
    cropToAspectRatio: options.cropToAspectRatio ?? false,
    padToAspectRatio: options.padToAspectRatio ?? false,
    fillMode: oneOf(where, 'fillMode', options.fillMode ?? 'constant', ['constant']),
    fillValue: finite(where, 'fillValue', options.fillValue ?? 0),
    antialias: options.antialias ?? false,
    dataFormat: dataFormat(where, options.dataFormat),
  }
  if (config.cropToAspectRatio && config.padToAspectRatio) {
    throw new ArgumentError({
      where,
      expected: "one of 'cropToAspectRatio' and 'padToAspectRatio'",
      received: 'both',
    })
  }
  const { height, width, interpolation, antialias } = config
  return makeLayer({
    type: 'Resizing',
    ...common(where, options),
    config,
    call([input]) {
      const image = imageOf(where, input, config.dataFormat)
      const proper = config.cropToAspectRatio
        ? cropped(image, height, width)
        : config.padToAspectRatio
          ? padded(image, height, width, config.fillValue)
          : image
      return scaled(proper, height, width, interpolation, antialias)
    },
  })
}

/** The middle of images, [batch, height, width, channels]. Images that are too small are cut to the aspect ratio and enlarged. As float32. */
export function centerCrop<const O extends CenterCropOptions>(options: O): Layer<ResizedShape<'centerCrop', O>> {
  const where = 'centerCrop'
  const config = {
    height: positiveInt(where, 'height', options.height),
    width: positiveInt(where, 'width', options.width),
    dataFormat: dataFormat(where, options.dataFormat),
  }
  return makeLayer({
    type: 'CenterCrop',
    ...common(where, options),
    config,
    call([input]) {
      const image = imageOf(where, input, config.dataFormat)
      const { height, width } = config
      if (image.rows >= height && image.columns >= width) return middle(image, height, width).x
      return scaled(cropped(image, height, width), height, width, 'bilinear', false)
    },
  })
}

export interface Image {
  readonly x: Value
  /** The axis of rows; that of columns is the next. */
  readonly axis: number
  readonly rows: number
  readonly columns: number
}

export function imageOf(where: string, input: Value, format: DataFormat): Image {
  requireSpatial(where, input, 2, format)
  const axis = format === 'channelsLast' ? 1 : 2
  const [rows, columns] = input.shape.slice(axis, axis + 2)
  const rest = input.shape.slice(1)
  if (typeof rows !== 'number' || typeof columns !== 'number' || !rest.every(dim => typeof dim === 'number')) {
    throw new ShapeError({
      where,
      expected: 'images of a known size',
      received: `shape ${formatShape(input.shape)}`,
      remedy: 'Give input({ shape }) numbers, and resize images of various sizes as they are read.',
    })
  }
  return { x: input.dtype === 'float32' ? input : cast(input, { to: 'float32' }), axis, rows, columns }
}

export const scaled = (
  { x, axis }: Image,
  height: number,
  width: number,
  by: Interpolation,
  antialias: boolean,
): Value => resampled(resampled(x, axis, height, by, antialias), axis + 1, width, by, antialias)

function middle(image: Image, rows: number, columns: number): Image {
  const { x, axis } = image
  const top = Math.floor((image.rows - rows) / 2)
  const left = Math.floor((image.columns - columns) / 2)
  const cut = slice(x, ints([top, left]), ints([top + rows, left + columns]), ints([axis, axis + 1]))
  return { x: cut, axis, rows, columns }
}

/** The largest part in the middle that has the wanted aspect ratio. */
export function cropped(image: Image, height: number, width: number): Image {
  const rows = Math.max(1, Math.min(image.rows, Math.trunc((image.columns * height) / width)))
  const columns = Math.max(1, Math.min(image.columns, Math.trunc((image.rows * width) / height)))
  return middle(image, rows, columns)
}

/** With borders to the wanted aspect ratio; an odd row or column is left out, as in Keras. */
function padded({ x, axis, rows, columns }: Image, height: number, width: number, value: number): Image {
  const top = Math.trunc((Math.max(rows, Math.trunc((columns * height) / width)) - rows) / 2)
  const left = Math.trunc((Math.max(columns, Math.trunc((rows * width) / height)) - columns) / 2)
  const before = x.shape.map((_, i) => (i === axis ? top : i === axis + 1 ? left : 0))
  const filled = pad(x, ints([...before, ...before]), scalar(value))
  return { x: filled, axis, rows: rows + 2 * top, columns: columns + 2 * left }
}
