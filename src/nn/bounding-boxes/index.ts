import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints, scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { reshape } from '../../ops/shape/reshape.ts'
import { Tensor } from '../../tensor/tensor.ts'
import type { Dims } from '../../tensor/types.ts'
import { oneOf } from '../layers/arguments.ts'
import { decoded, encoded, varianceOf } from './deltas.ts'
import {
  type BoundingBoxFormat,
  borders,
  boxFormat,
  converted,
  type ImageSize,
  requireBoxes,
  requireSize,
} from './formats.ts'
import { clipped, labelsOfRest, transformed } from './geometry.ts'
import { completeIou, pairwiseIou } from './overlap.ts'

/** Keras's functions of bounding boxes (`keras.utils.bounding_boxes`), for tensors. */

export type { BoundingBoxFormat } from './formats.ts'

/** Boxes [n, 4] or [batch, n, 4], and a label for each. */
export interface BoundingBoxes {
  readonly boxes: Tensor
  readonly labels: Tensor
}

export interface ConvertFormatOptions extends Partial<ImageSize> {
  readonly source: BoundingBoxFormat
  readonly target: BoundingBoxFormat
}

/**
 * Boxes […, 4] in another format, float32; of boxes with labels, the boxes. `height` and `width` are those of the image, in pixels; only
 * conversions between pixels and parts of an image need them.
 *
 *     convertFormat(tensor([[10, 20, 30, 40]]), { source: 'xyxy', target: 'relXyxy', height: 200, width: 300 })
 */
export function convertFormat<const S extends Dims>(
  boxes: Tensor<'float32', S>,
  options: ConvertFormatOptions,
): Tensor<'float32', S>
export function convertFormat(boxes: Tensor, options: ConvertFormatOptions): Tensor<'float32'>
export function convertFormat<B extends BoundingBoxes>(boxes: B, options: ConvertFormatOptions): B
export function convertFormat(boxes: Tensor | BoundingBoxes, options: ConvertFormatOptions): Tensor | BoundingBoxes {
  const where = 'convertFormat'
  if (!(boxes instanceof Tensor)) return { ...boxes, boxes: convertFormat(boxes.boxes, options) }
  const source = boxFormat(where, 'source', options.source)
  return wrapped(converted(where, boxes.value, source, boxFormat(where, 'target', options.target), options))
}

export interface ClipOptions extends Partial<ImageSize> {
  /** Default xyxy. */
  readonly boundingBoxFormat?: 'xyxy' | 'relXyxy'
}

/** Cuts boxes off at the image's borders. The labels of those of which nothing is left become −1. */
export function clipToImageSize(boxes: BoundingBoxes, options: ClipOptions = {}): BoundingBoxes {
  const where = 'clipToImageSize'
  const format = oneOf(where, 'boundingBoxFormat', options.boundingBoxFormat ?? 'xyxy', ['xyxy', 'relXyxy'])
  const limit = format === 'xyxy' ? borders(requireSize(where, options)) : scalar(1)
  const rest = clipped(floats(where, boxes.boxes), limit)
  return { boxes: wrapped(rest), labels: new Tensor(labelsOfRest(where, rest, boxes.labels.value)) }
}

/** One number for all, or a tensor [batch] of one for each image. */
export type PerImage = number | Tensor

export interface AffineTransformOptions extends ImageSize {
  /** Counter-clockwise, in degrees. Default 0. */
  readonly angle?: PerImage
  /** In parts of the width. Default 0. */
  readonly translateX?: PerImage
  /** In parts of the height. Default 0. */
  readonly translateY?: PerImage
  /** Default 1. */
  readonly scale?: PerImage
  /** In degrees. Default 0. */
  readonly shearX?: PerImage
  /** In degrees. Default 0. */
  readonly shearY?: PerImage
  /** What stays where it is, in parts of the width. Default 0.5. */
  readonly centerX?: number
  readonly centerY?: number
}

/**
 * Boxes xyxy, [n, 4] or [batch, n, 4], around what becomes of their corners. Parameters mean what they mean in Keras: those of the way
 * back, from a place in the new image to the old one.
 */
export function affineTransform(boxes: Tensor, options: AffineTransformOptions): Tensor<'float32'> {
  const where = 'affineTransform'
  const x = floats(where, boxes)
  const size = requireSize(where, options)
  const values = (given: PerImage | undefined, standard: number): Value => {
    if (!(given instanceof Tensor)) return scalar(given ?? standard)
    if (given.rank === 1 && x.shape.length === 3) return reshape(given.cast('float32').value, ints([-1, 1, 1]))
    throw new ShapeError({
      where,
      expected: 'numbers, or tensors [batch] for boxes [batch, n, 4]',
      received: `shape ${formatShape(given.shape)} for boxes of shape ${formatShape(x.shape)}`,
    })
  }
  const how = {
    angle: values(options.angle, 0),
    translateX: values(options.translateX, 0),
    translateY: values(options.translateY, 0),
    scale: values(options.scale, 1),
    shearX: values(options.shearX, 0),
    shearY: values(options.shearY, 0),
    centerX: options.centerX ?? 0.5,
    centerY: options.centerY ?? 0.5,
  }
  return wrapped(transformed(x, how, size))
}

export interface Offset {
  /** Pixels above. */
  readonly top: number
  /** Pixels to the left. */
  readonly left: number
}

/** Boxes xyxy, […, 4], in a part of the image: moved to its corner, and cut off at its borders. */
export const crop = (boxes: Tensor, { top, left, ...size }: Offset & ImageSize): Tensor<'float32'> =>
  wrapped(clipped(moved('crop', boxes, -left, -top), borders(requireSize('crop', size))))

/** Boxes xyxy, […, 4], in an image that has grown at the top and the left. */
export const pad = (boxes: Tensor, { top, left }: Offset): Tensor<'float32'> => wrapped(moved('pad', boxes, left, top))

const moved = (where: string, boxes: Tensor, x: number, y: number): Value =>
  add(floats(where, boxes), constant([x, y, x, y]))

/** [height, width, channels] of the image: asked for where boxes are in parts of it. */
export type ImageShape = readonly [height: number, width: number, channels: number]

export interface ComputeIouOptions {
  readonly boundingBoxFormat: BoundingBoxFormat
  /** Give `maskVal` for boxes of which all numbers are below 0. Default false. */
  readonly useMasking?: boolean
  /** Default −1. */
  readonly maskVal?: number
  readonly imageShape?: ImageShape
}

/**
 * Intersection over union of every box of one list with every box of another: [m, 4] and [n, 4] → [m, n]; where one or both have a batch
 * axis in front, so has the result.
 */
export function computeIou(boxes1: Tensor, boxes2: Tensor, options: ComputeIouOptions): Tensor<'float32'> {
  const where = 'computeIou'
  for (const { shape } of [boxes1, boxes2]) {
    if (shape.length === 2 || shape.length === 3) continue
    throw new ShapeError({
      where,
      expected: 'boxes of shape [n, 4] or [batch, n, 4]',
      received: `shape ${formatShape(shape)}`,
    })
  }
  const format = boxFormat(where, 'boundingBoxFormat', options.boundingBoxFormat)
  const [a, b] = [boxes1, boxes2].map(boxes => converted(where, boxes.value, format, 'xyxy', sizeOf(options)))
  const mask = options.useMasking ? (options.maskVal ?? -1) : undefined
  return wrapped(pairwiseIou(a as Value, b as Value, mask)) // two tensors, two values
}

export type ComputeCiouOptions = Pick<ComputeIouOptions, 'boundingBoxFormat' | 'imageShape'>

/**
 * Zheng et al., "Distance-IoU Loss", 2020: intersection over union, less what is missing in the middles' distance and the aspect ratio. Box
 * by box: […, 4] and […, 4] → […].
 */
export function computeCiou(boxes1: Tensor, boxes2: Tensor, options: ComputeCiouOptions): Tensor<'float32'> {
  const where = 'computeCiou'
  const format = boxFormat(where, 'boundingBoxFormat', options.boundingBoxFormat)
  const sides = (boxes: Tensor) => converted(where, boxes.value, format, 'xyxy', sizeOf(options))
  return wrapped(completeIou(sides(boxes1), sides(boxes2)))
}

type CenterFormat = 'centerXywh' | 'centerYxhw'

interface AnchorOptions {
  readonly anchorFormat: BoundingBoxFormat
  readonly boxFormat: BoundingBoxFormat
  /** Four numbers that deltas are divided by. Default: none. */
  readonly variance?: readonly number[]
  readonly imageShape?: ImageShape
}

export interface EncodeOptions extends AnchorOptions {
  /** The order of the deltas. Default centerYxhw. */
  readonly encodingFormat?: CenterFormat
}

export interface DecodeOptions extends AnchorOptions {
  /** The order of the deltas. Default centerYxhw. */
  readonly encodedFormat?: CenterFormat
}

const centers = ['centerXywh', 'centerYxhw'] as const

/** Boxes [n, 4] or [batch, n, 4] as deltas of as many anchors [n, 4]: Ren et al., "Faster R-CNN", 2015. */
export function encodeBoxToDeltas(anchors: Tensor, boxes: Tensor, options: EncodeOptions): Tensor<'float32'> {
  const where = 'encodeBoxToDeltas'
  const { anchor, box, variance, size } = anchoring(where, options)
  const to = oneOf(where, 'encodingFormat', options.encodingFormat ?? 'centerYxhw', centers)
  const centered = (given: Tensor, format: BoundingBoxFormat) => converted(where, given.value, format, to, size)
  return wrapped(encoded(centered(anchors, anchor), centered(boxes, box), variance))
}

/** The way back: deltas [n, 4] or [batch, n, 4] of anchors [n, 4] to boxes; of records of them, level by level. */
export function decodeDeltasToBoxes(anchors: Tensor, deltas: Tensor, options: DecodeOptions): Tensor<'float32'>
export function decodeDeltasToBoxes<const L extends Readonly<Record<string, Tensor>>>(
  anchors: L,
  deltas: { readonly [Level in keyof L]: Tensor },
  options: DecodeOptions,
): { readonly [Level in keyof L]: Tensor<'float32'> }
export function decodeDeltasToBoxes(
  anchors: Tensor | Readonly<Record<string, Tensor>>,
  deltas: Tensor | Readonly<Record<string, Tensor>>,
  options: DecodeOptions,
): Tensor | Readonly<Record<string, Tensor>> {
  const where = 'decodeDeltasToBoxes'
  const { anchor, box, variance, size } = anchoring(where, options)
  const from = oneOf(where, 'encodedFormat', options.encodedFormat ?? 'centerYxhw', centers)
  const level = (given: Tensor, change: Tensor) => {
    const centered = converted(where, given.value, anchor, from, size)
    return wrapped(converted(where, decoded(centered, floats(where, change), variance), from, box, size))
  }
  if (anchors instanceof Tensor && deltas instanceof Tensor) return level(anchors, deltas)
  if (anchors instanceof Tensor || deltas instanceof Tensor) return missing(where, 'both', 'a tensor and a record')
  return Object.fromEntries(
    Object.entries(anchors).map(([name, given]) => [
      name,
      level(given, deltas[name] ?? missing(where, `deltas of the level '${name}'`, 'none')),
    ]),
  )
}

const missing = (where: string, expected: string, received: string): never => {
  throw new ArgumentError({ where, expected: `anchors and deltas to be tensors, or records: ${expected}`, received })
}

function anchoring(where: string, { anchorFormat, boxFormat: own, variance, imageShape }: AnchorOptions) {
  return {
    anchor: boxFormat(where, 'anchorFormat', anchorFormat),
    box: boxFormat(where, 'boxFormat', own),
    variance: varianceOf(where, variance),
    size: sizeOf({ imageShape }),
  }
}

const sizeOf = ({ imageShape }: { readonly imageShape?: ImageShape | undefined }): Partial<ImageSize> =>
  imageShape ? { height: imageShape[0], width: imageShape[1] } : {}

const floats = (where: string, boxes: Tensor): Value => requireBoxes(where, boxes.cast('float32').value)
const wrapped = (value: Value): Tensor<'float32'> => new Tensor<'float32'>(value)
