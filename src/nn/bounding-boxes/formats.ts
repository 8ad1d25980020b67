import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant } from '../../ops/constants.ts'
import { cast } from '../../ops/math/cast.ts'
import { matMul } from '../../ops/math/mat-mul.ts'

/** How four numbers say where a box is: Keras's formats. */

/** 4 × 4, by rows: what each number of a box, from the top, gives to left, top, right and bottom. */
type Matrix = readonly (readonly number[])[]

/** Of the formats in pixels. Every format is linear in its four numbers. */
const corners = {
  xyxy: [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ],
  yxyx: [
    [0, 1, 0, 0],
    [1, 0, 0, 0],
    [0, 0, 0, 1],
    [0, 0, 1, 0],
  ],
  xywh: [
    [1, 0, 1, 0],
    [0, 1, 0, 1],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ],
  centerXywh: [
    [1, 0, 1, 0],
    [0, 1, 0, 1],
    [-0.5, 0, 0.5, 0],
    [0, -0.5, 0, 0.5],
  ],
  centerYxhw: [
    [0, 1, 0, 1],
    [1, 0, 1, 0],
    [0, -0.5, 0, 0.5],
    [-0.5, 0, 0.5, 0],
  ],
} as const satisfies Readonly<Record<string, Matrix>>

/** The inverses: what left, top, right and bottom give to each number. */
const fromCorners: Readonly<Record<keyof typeof corners, Matrix>> = {
  xyxy: corners.xyxy,
  yxyx: corners.yxyx,
  xywh: [
    [1, 0, -1, 0],
    [0, 1, 0, -1],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ],
  centerXywh: [
    [0.5, 0, -1, 0],
    [0, 0.5, 0, -1],
    [0.5, 0, 1, 0],
    [0, 0.5, 0, 1],
  ],
  centerYxhw: [
    [0, 0.5, 0, -1],
    [0.5, 0, -1, 0],
    [0, 0.5, 0, 1],
    [0.5, 0, 1, 0],
  ],
}

/**
 * x from the left and y from the top; `xyxy` is left, top, right, bottom, `xywh` left, top, width, height, and `center…` has the middle
 * in place of the corner. In pixels, or (`rel…`) in parts of the image's width and height.
 */
export type BoundingBoxFormat = keyof typeof corners | 'relXyxy' | 'relYxyx' | 'relXywh' | 'relCenterXywh'

interface Format {
  readonly layout: keyof typeof corners
  readonly relative: boolean
}

const formats: Readonly<Record<BoundingBoxFormat, Format>> = {
  xyxy: { layout: 'xyxy', relative: false },
  yxyx: { layout: 'yxyx', relative: false },
  xywh: { layout: 'xywh', relative: false },
  centerXywh: { layout: 'centerXywh', relative: false },
  centerYxhw: { layout: 'centerYxhw', relative: false },
  relXyxy: { layout: 'xyxy', relative: true },
  relYxyx: { layout: 'yxyx', relative: true },
  relXywh: { layout: 'xywh', relative: true },
  relCenterXywh: { layout: 'centerXywh', relative: true },
}

export function boxFormat(where: string, name: string, value: string): BoundingBoxFormat {
  const known = Object.keys(formats) as BoundingBoxFormat[] // the keys of the table above
  const found = known.find(format => format === value)
  if (found) return found
  throw new ArgumentError({
    where,
    expected: `'${name}' to be one of ${known.map(format => `'${format}'`).join(', ')}`,
    received: `'${value}'`,
  })
}

/** Of an image, in pixels. */
export interface ImageSize {
  readonly height: number
  readonly width: number
}

/** Boxes […, 4] in another format, float32. `size` is asked for where one of the formats is relative and the other is not. */
export function converted(
  where: string,
  boxes: Value,
  source: BoundingBoxFormat,
  target: BoundingBoxFormat,
  size?: Partial<ImageSize>,
): Value {
  const x = asFloat(requireBoxes(where, boxes))
  const [from, to] = [formats[source], formats[target]]
  if (source === target) return x
  // Between two relative formats the size would cancel.
  const scale = from.relative === to.relative ? [1, 1, 1, 1] : sides(requireSize(where, size))
  const inPixels = corners[from.layout].map(row => row.map((v, i) => (from.relative ? v * (scale[i] ?? 1) : v)))
  const back = fromCorners[to.layout].map((row, i) => row.map(v => (to.relative ? v / (scale[i] ?? 1) : v)))
  const matrix = inPixels.map(row => [0, 1, 2, 3].map(j => row.reduce((sum, v, k) => sum + v * (back[k]?.[j] ?? 0), 0)))
  return matMul(x, constant(matrix.flat(), [4, 4]))
}

const sides = ({ height, width }: ImageSize): readonly number[] => [width, height, width, height]

/** The right and lower border of an image, as boxes count: [width, height, width, height]. */
export const borders = (size: ImageSize): Value => constant(sides(size), [4])

export function requireSize(where: string, { height, width }: Partial<ImageSize> = {}): ImageSize {
  if (height !== undefined && width !== undefined && height > 0 && width > 0) return { height, width }
  throw new ArgumentError({
    where,
    expected: "the image's 'height' and 'width' in pixels, since boxes are in parts of it",
    received: `height ${height} and width ${width}`,
  })
}

export function requireBoxes(where: string, boxes: Value): Value {
  if (boxes.shape.length > 0 && boxes.shape.at(-1) === 4) return boxes
  throw new ShapeError({
    where,
    expected: 'boxes of shape […, 4]',
    received: `shape ${formatShape(boxes.shape)}`,
  })
}

const asFloat = (x: Value): Value => (x.dtype === 'float32' ? x : cast(x, { to: 'float32' }))
