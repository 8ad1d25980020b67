import { ArgumentError, UnsupportedError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { type BoundingBoxFormat, borders, boxFormat, converted, type ImageSize } from '../../bounding-boxes/formats.ts'
import { clipped, labelsOfRest } from '../../bounding-boxes/geometry.ts'
import type { BoundingBoxes } from './data.ts'

/** What layers do with boxes: they bring them to corners in pixels, move these, and cut off what is outside of the new images. */

export interface BoxOption {
  /** How boxes are given, and come out. Layers that move boxes need it; without boxes it does not matter. */
  readonly boundingBoxFormat?: BoundingBoxFormat
}

/** The option as it stands in a config, which Keras leaves out where it was not given. */
export const boxOption = (where: string, { boundingBoxFormat: format }: BoxOption): BoxOption =>
  format === undefined || format === null ? {} : { boundingBoxFormat: boxFormat(where, 'boundingBoxFormat', format) }

export function requireFormat(where: string, format: BoundingBoxFormat | undefined): BoundingBoxFormat {
  if (format) return format
  throw new ArgumentError({
    where,
    expected: "'boundingBoxFormat' to be given, since there are boxes",
    received: 'none',
    remedy: `Say how they are given: ${where}({ boundingBoxFormat: 'xyxy', … }).`,
  })
}

/** For layers that Keras moves no boxes with either. */
export function refusedBoxes(where: string, why: string): never {
  throw new UnsupportedError({
    where,
    expected: 'images without boxes',
    received: "'boundingBoxes'",
    remedy: `It moves none: ${why}.`,
  })
}

/** Boxes of images of the size `from`, moved to images of the size `to`. Labels of boxes that are outside altogether become −1. */
export function movedBoxes(
  where: string,
  { boxes, labels }: BoundingBoxes<Value>,
  format: BoundingBoxFormat | undefined,
  from: ImageSize,
  move: (corners: Value) => Value,
  to: ImageSize = from,
): BoundingBoxes<Value> {
  const own = requireFormat(where, format)
  const inside = clipped(move(converted(where, boxes, own, 'xyxy', from)), borders(to))
  return { boxes: converted(where, inside, 'xyxy', own, to), labels: labelsOfRest(where, inside, labels) }
}
