import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { less } from '../../../ops/logic/less.ts'
import { where as choose } from '../../../ops/logic/where.ts'
import { abs } from '../../../ops/math/abs.ts'
import { add } from '../../../ops/math/add.ts'
import { cos } from '../../../ops/math/cos.ts'
import { div } from '../../../ops/math/div.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sin } from '../../../ops/math/sin.ts'
import { sub } from '../../../ops/math/sub.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { around, cornersOf } from '../../bounding-boxes/geometry.ts'
import type { Images } from './random-layer.ts'

/** Where boxes [batch, n, 4] go that are moved as images are: forwards, whereas pixels of the result look backwards. */

/** Two numbers for each image, [batch] each. */
interface Pair {
  readonly x: Value
  readonly y: Value
}

/** Around corners that turn about the images' middles, which are those of the first and last pixels. */
export function rotatedBoxes(boxes: Value, angles: Value, { width, height }: Images): Value {
  const radians = everywhere(mul(angles, scalar(Math.PI / 180)))
  const [c, s] = [cos(radians), sin(radians)]
  const [cx, cy] = [scalar((width - 1) / 2), scalar((height - 1) / 2)]
  const corners = cornersOf(boxes)
  const [x, y] = [sub(corners.x, cx), sub(corners.y, cy)]
  return around({ x: add(add(mul(c, x), mul(s, y)), cx), y: add(sub(mul(c, y), mul(s, x)), cy) })
}

export function zoomedBoxes(
  boxes: Value,
  zooms: { readonly height: Value; readonly width: Value },
  { width, height }: Images,
): Value {
  const middle = constant([0, 0].flatMap(() => [(width - 1) / 2, (height - 1) / 2]))
  return add(div(sub(boxes, middle), sides({ x: zooms.width, y: zooms.height })), middle)
}

export const translatedBoxes = (boxes: Value, distances: Pair): Value => add(boxes, sides(distances))

/** Pixels come from (x + shears.x · y, y + shears.y · x), so corners go where the inverse has them. */
export function shearedBoxes(boxes: Value, shears: Pair): Value {
  const { x, y } = cornersOf(boxes)
  const [sx, sy] = [everywhere(shears.x), everywhere(shears.y)]
  const determinant = sub(scalar(1), mul(sx, sy))
  // Where both are 1, all of the image is on a line.
  const flat = less(abs(determinant), scalar(1e-6))
  const whole = choose(flat, scalar(1e-6), determinant)
  return around({ x: div(sub(x, mul(sx, y)), whole), y: div(sub(y, mul(sy, x)), whole) })
}

/** [batch] → [batch, 1, 1]: it broadcasts to boxes. */
const everywhere = (value: Value): Value => reshape(value, ints([-1, 1, 1]))

/** For left, top, right and bottom, [batch, 1, 4]. */
function sides({ x, y }: Pair): Value {
  const [first, second] = [everywhere(x), everywhere(y)]
  return concat([first, second, first, second], { axis: 2 })
}
