import { DTypeError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints, scalar, scalarLike } from '../../ops/constants.ts'
import { greater } from '../../ops/logic/greater.ts'
import { where as choose } from '../../ops/logic/where.ts'
import { add } from '../../ops/math/add.ts'
import { cos } from '../../ops/math/cos.ts'
import { div } from '../../ops/math/div.ts'
import { matMul } from '../../ops/math/mat-mul.ts'
import { max } from '../../ops/math/max.ts'
import { min } from '../../ops/math/min.ts'
import { mul } from '../../ops/math/mul.ts'
import { neg } from '../../ops/math/neg.ts'
import { sin } from '../../ops/math/sin.ts'
import { sub } from '../../ops/math/sub.ts'
import { tan } from '../../ops/math/tan.ts'
import { reduceMax } from '../../ops/reduce/reduce-max.ts'
import { reduceMin } from '../../ops/reduce/reduce-min.ts'
import { reduceProd } from '../../ops/reduce/reduce-prod.ts'
import { concat } from '../../ops/shape/concat.ts'
import { slice } from '../../ops/shape/slice.ts'

/** What is done to boxes […, 4] of left, top, right and bottom. */

/** Cut off at 0 and at `limit`, four numbers. */
export const clipped = (boxes: Value, limit: Value): Value => min([max([boxes, scalar(0)]), limit])

/** Labels […], −1 where nothing is left of a box. */
export function labelsOfRest(where: string, boxes: Value, labels: Value): Value {
  if (labels.dtype === 'bool' || labels.dtype === 'string' || labels.dtype.startsWith('uint')) {
    throw new DTypeError({
      where,
      expected: "boxes' labels of a signed dtype, since −1 stands for no box",
      received: labels.dtype,
      remedy: "Cast them, e.g. to 'int32'.",
    })
  }
  const area = reduceProd(sub(part(boxes, 2, 4), part(boxes, 0, 2)), ints([-1]), { keepdims: 0 })
  return choose(greater(area, scalar(0)), labels, scalarLike(-1, labels))
}

/** Numbers `from` to below `to` of each box. */
export const part = (boxes: Value, from: number, to: number): Value =>
  slice(boxes, ints([from]), ints([to]), ints([-1]))

/** Where something is, along both axes. */
export interface Points {
  readonly x: Value
  readonly y: Value
}

/** The corners of boxes, […, 4] each. */
export const cornersOf = (boxes: Value): Points => ({
  x: matMul(boxes, constant([1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0], [4, 4])),
  y: matMul(boxes, constant([0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1], [4, 4])),
})

/** The smallest boxes that hold as many groups of points. */
export function around({ x, y }: Points): Value {
  const along = { axes: ints([-1]), keepdims: { keepdims: 1 } }
  const least = (value: Value) => reduceMin(value, along.axes, along.keepdims)
  const most = (value: Value) => reduceMax(value, along.axes, along.keepdims)
  return concat([least(x), least(y), most(x), most(y)], { axis: -1 })
}

export interface Affine {
  /** In degrees, counter-clockwise. */
  readonly angle: Value
  /** In parts of width and height (of one pixel less). */
  readonly translateX: Value
  readonly translateY: Value
  readonly scale: Value
  /** In degrees. */
  readonly shearX: Value
  readonly shearY: Value
  /** What turns, in parts of width and height. */
  readonly centerX: number
  readonly centerY: number
}

/**
 * Boxes around what becomes of their corners by Keras's (and torchvision's) inverse affine matrix: [n, 4] for parameters that are scalars,
 * [batch, n, 4] for those of [batch, 1, 1].
 */
export function transformed(boxes: Value, how: Affine, { height, width }: { height: number; width: number }): Value {
  const degrees = (angle: Value) => mul(angle, scalar(-Math.PI / 180))
  const [rotation, sx, sy] = [degrees(how.angle), degrees(how.shearX), degrees(how.shearY)]
  const [cx, cy] = [how.centerX * (width - 1), how.centerY * (height - 1)]
  const moved = (middle: number, shift: Value, size: number) => sub(scalar(middle), mul(shift, scalar(size - 1)))
  const [mx, my] = [moved(cx, how.translateX, width), moved(cy, how.translateY, height)]
  const turned = sub(rotation, sy)
  const a = div(cos(turned), cos(sy))
  const b = add(mul(a, tan(sx)), sin(rotation))
  const c = neg(div(sin(turned), cos(sy)))
  const d = sub(cos(rotation), mul(c, tan(sx)))
  const row = (first: Value, second: Value, middle: number) => {
    const [p, q] = [mul(first, how.scale), mul(second, how.scale)]
    return { p, q, shift: sub(sub(scalar(middle), mul(p, mx)), mul(q, my)) }
  }
  const [xs, ys] = [row(d, neg(b), cx), row(neg(c), a, cy)]
  const { x, y } = cornersOf(boxes)
  const along = ({ p, q, shift }: { p: Value; q: Value; shift: Value }) => add(add(mul(p, x), mul(q, y)), shift)
  return around({ x: along(xs), y: along(ys) })
}
