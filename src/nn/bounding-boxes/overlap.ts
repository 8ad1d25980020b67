import type { Value } from '../../graph/value.ts'
import { ints, scalar } from '../../ops/constants.ts'
import { less } from '../../ops/logic/less.ts'
import { or } from '../../ops/logic/or.ts'
import { where as choose } from '../../ops/logic/where.ts'
import { add } from '../../ops/math/add.ts'
import { atan } from '../../ops/math/atan.ts'
import { div } from '../../ops/math/div.ts'
import { max } from '../../ops/math/max.ts'
import { min } from '../../ops/math/min.ts'
import { mul } from '../../ops/math/mul.ts'
import { sub } from '../../ops/math/sub.ts'
import { reduceMax } from '../../ops/reduce/reduce-max.ts'
import { squeeze } from '../../ops/shape/squeeze.ts'
import { unsqueeze } from '../../ops/shape/unsqueeze.ts'
import { part } from './geometry.ts'

/** How much boxes […, 4] of left, top, right and bottom have in common. */

const epsilon = 1e-7

interface Sides {
  readonly left: Value
  readonly top: Value
  readonly right: Value
  readonly bottom: Value
}

const sidesOf = (boxes: Value): Sides => {
  const [left, top, right, bottom] = [0, 1, 2, 3].map(i => squeeze(part(boxes, i, i + 1), ints([-1])))
  return { left, top, right, bottom } as Sides // four indices, four values
}

const lengths = ({ left, top, right, bottom }: Sides) => ({ width: sub(right, left), height: sub(bottom, top) })

function intersection(a: Sides, b: Sides): Value {
  const along = (low: (sides: Sides) => Value, high: (sides: Sides) => Value) =>
    max([sub(min([high(a), high(b)]), max([low(a), low(b)])), scalar(0)])
  return mul(
    along(
      ({ left }) => left,
      ({ right }) => right,
    ),
    along(
      ({ top }) => top,
      ({ bottom }) => bottom,
    ),
  )
}

/** Every box of [batch, m, 4] or [m, 4] with every box of [batch, n, 4] or [n, 4]: [batch, m, n] or [m, n]. */
export function pairwiseIou(boxes1: Value, boxes2: Value, mask: number | undefined): Value {
  const a = sidesOf(unsqueeze(boxes1, ints([-2])))
  const b = sidesOf(unsqueeze(boxes2, ints([-3])))
  const area = (sides: Sides) => mul(lengths(sides).height, lengths(sides).width)
  const common = intersection(a, b)
  const iou = div(common, add(sub(add(area(a), area(b)), common), scalar(epsilon)))
  if (mask === undefined) return iou
  const none = (boxes: Value) => less(reduceMax(boxes, ints([-1]), { keepdims: 0 }), scalar(0))
  const background = or(unsqueeze(none(boxes1), ints([-1])), unsqueeze(none(boxes2), ints([-2])))
  return choose(background, scalar(mask), iou)
}

/** Zheng et al., "Distance-IoU Loss", 2020: box by box, […, 4] and […, 4] → […]. */
export function completeIou(boxes1: Value, boxes2: Value): Value {
  const [a, b] = [sidesOf(boxes1), sidesOf(boxes2)]
  // As in Keras, which keeps heights, unions and diagonals from 0.
  const size = (sides: Sides) => {
    const { width, height } = lengths(sides)
    return { width, height: add(height, scalar(epsilon)) }
  }
  const [first, second] = [size(a), size(b)]
  const common = intersection(a, b)
  const areas = add(mul(first.width, first.height), mul(second.width, second.height))
  const iou = div(common, add(sub(areas, common), scalar(2 * epsilon)))
  const square = (x: Value) => mul(x, x)
  const hull = (low1: Value, low2: Value, high1: Value, high2: Value) =>
    square(sub(max([high1, high2]), min([low1, low2])))
  const diagonal = add(hull(a.left, b.left, a.right, b.right), hull(a.top, b.top, a.bottom, b.bottom))
  const apart = (low1: Value, high1: Value, low2: Value, high2: Value) =>
    square(mul(sub(add(low1, high1), add(low2, high2)), scalar(0.5)))
  const distance = add(apart(a.left, a.right, b.left, b.right), apart(a.top, a.bottom, b.top, b.bottom))
  const turn = sub(atan(div(second.width, second.height)), atan(div(first.width, first.height)))
  const v = mul(square(turn), scalar(4 / Math.PI ** 2))
  const alpha = div(v, add(sub(v, iou), scalar(1 + epsilon)))
  return sub(iou, add(div(distance, add(diagonal, scalar(epsilon))), mul(v, alpha)))
}
