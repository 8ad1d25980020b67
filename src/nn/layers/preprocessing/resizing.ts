import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { greater } from '../../../ops/logic/greater.ts'
import { where as choose } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { mul } from '../../../ops/math/mul.ts'
import { reduceMax } from '../../../ops/reduce/reduce-max.ts'
import { pad } from '../../../ops/shape/pad.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { finite } from '../../serialized.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import type { ResizedShape } from '../../shapes/spatial.ts'
import { oneOf, positiveInt } from '../arguments.ts'
import { type BoxOption, boxOption, movedBoxes } from '../augmentation/boxes.ts'
import { type AugmentationData, inBatches, inOwnDtype, partsOf } from '../augmentation/data.ts'
import { type AugmentationLayer, dataLayer } from '../augmentation/data-layer.ts'
import { type CommonOptions, common, type DataFormat, dataFormat } from '../options.ts'
import { requireSpatial } from '../spatial.ts'
import { type Interpolation, interpolations, resampled } from './resample.ts'

export interface CenterCropOptions extends BoxOption, CommonOptions {
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
export function resizing<const O extends ResizingOptions>(options: O): AugmentationLayer<ResizedShape<'resizing', O>> {
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
    ...boxOption(where, options),
  }
  if (config.cropToAspectRatio && config.padToAspectRatio) {
    throw new ArgumentError({
      where,
      expected: "one of 'cropToAspectRatio' and 'padToAspectRatio'",
      received: 'both',
    })
  }
  const { height, width, interpolation, antialias } = config
  const resized = (image: Image, by: Interpolation) => {
    const proper = config.cropToAspectRatio
      ? cropped(image, height, width)
      : config.padToAspectRatio
        ? padded(image, height, width, config.fillValue)
        : image
    return scaled(proper, height, width, by, antialias)
  }
  return sizingLayer('Resizing', where, options, config, {
    change: image => resized(image, interpolation),
    masks: image => resized(image, 'nearest'),
    boxes: (boxes, image) => resizedBoxes(boxes, image, config),
  })
}

/** The middle of images, [batch, height, width, channels]. Images that are too small are cut to the aspect ratio and enlarged. As float32. */
export function centerCrop<const O extends CenterCropOptions>(
  options: O,
): AugmentationLayer<ResizedShape<'centerCrop', O>> {
  const where = 'centerCrop'
  const config = {
    height: positiveInt(where, 'height', options.height),
    width: positiveInt(where, 'width', options.width),
    dataFormat: dataFormat(where, options.dataFormat),
    ...boxOption(where, options),
  }
  const { height, width } = config
  const fits = (image: Image) => image.rows >= height && image.columns >= width
  const change = (image: Image, by: Interpolation) =>
    fits(image) ? middle(image, height, width).x : scaled(cropped(image, height, width), height, width, by, false)
  return sizingLayer('CenterCrop', where, options, config, {
    change: image => change(image, 'bilinear'),
    masks: image => change(image, 'nearest'),
    boxes: (boxes, image) => {
      const part = fits(image) ? { rows: height, columns: width } : cropped(image, height, width)
      return framed(boxes, {
        // Keras rounds towards 0 here, and down for the images: the same, since nothing is below 0.
        left: -Math.trunc((image.columns - part.columns) / 2),
        top: -Math.trunc((image.rows - part.rows) / 2),
        x: width / part.columns,
        y: height / part.rows,
      })
    },
  })
}

interface Sizing {
  change(image: Image): Value
  masks(image: Image): Value
  /** Of left, top, right and bottom in pixels. */
  boxes(boxes: Value, image: Image): Value
}

/** A layer that gives images another size, in inference too. */
function sizingLayer<F extends ShapeFunction>(
  type: string,
  where: string,
  options: CenterCropOptions,
  config: BoxOption & { readonly height: number; readonly width: number; readonly dataFormat: DataFormat },
  { change, masks, boxes }: Sizing,
): AugmentationLayer<F> {
  const { dataFormat: format, boundingBoxFormat, height, width } = config
  const resized = (data: AugmentationData<Value>): AugmentationData<Value> => {
    const image = imageOf(where, data.images, format)
    const { boundingBoxes, segmentationMasks } = data
    const size = { height: image.rows, width: image.columns }
    return {
      ...data,
      images: change(image),
      ...(segmentationMasks
        ? { segmentationMasks: inOwnDtype(segmentationMasks, x => masks(imageOf(where, x, format))) }
        : {}),
      ...(boundingBoxes
        ? {
            boundingBoxes: movedBoxes(where, boundingBoxes, boundingBoxFormat, size, x => boxes(x, image), {
              height,
              width,
            }),
          }
        : {}),
    }
  }
  return dataLayer<F>({
    type,
    where,
    ...common(where, options),
    config,
    augment: data => (partsOf(data).length === 1 ? resized(data) : inBatches(where, data, format, resized)),
  })
}

/** Keras's formulas, in its float32, for borders are whole pixels of the result. What is no box (zeros or −1) becomes zeros. */
function resizedBoxes(
  boxes: Value,
  { rows, columns }: Image,
  { height, width, cropToAspectRatio, padToAspectRatio }: BoxSizing,
): Value {
  const f = Math.fround
  const [x, y] = [f(width / columns), f(height / rows)]
  const half = (rest: number) => Math.floor(f(rest) / 2)
  const moved = (scaleX: number, scaleY: number, left: number, top: number) =>
    add(framed(boxes, { left: 0, top: 0, x: scaleX, y: scaleY }), constant([left, top, left, top]))
  const resize = () => {
    if (padToAspectRatio) {
      const scale = Math.min(x, y)
      return moved(scale, scale, half(width - f(columns * scale)), half(height - f(rows * scale)))
    }
    if (!cropToAspectRatio) return moved(x, y, 0, 0)
    const aspect = f(columns / rows)
    const wider = aspect > width / height
    const [newWidth, newHeight] = wider ? [f(height * aspect), height] : [width, f(width / aspect)]
    return moved(newWidth / columns, newHeight / rows, -half(newWidth - width), -half(newHeight - height))
  }
  return choose(greater(reduceMax(boxes, ints([-1]), { keepdims: 1 }), scalar(0)), resize(), scalar(0))
}

type BoxSizing = Required<Pick<ResizingOptions, 'height' | 'width' | 'cropToAspectRatio' | 'padToAspectRatio'>>

/** (boxes + border) · scale. */
const framed = (
  boxes: Value,
  { left, top, x, y }: { readonly left: number; readonly top: number; readonly x: number; readonly y: number },
): Value => mul(add(boxes, constant([left, top, left, top])), constant([x, y, x, y]))

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
