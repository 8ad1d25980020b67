import type { Value } from '../../../graph/value.ts'
import { scalarLike } from '../../../ops/constants.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { less } from '../../../ops/logic/less.ts'
import { lessOrEqual } from '../../../ops/logic/less-or-equal.ts'
import { where } from '../../../ops/logic/where.ts'
import { abs } from '../../../ops/math/abs.ts'
import { add } from '../../../ops/math/add.ts'
import { atan } from '../../../ops/math/atan.ts'
import { div } from '../../../ops/math/div.ts'
import { sub } from '../../../ops/math/sub.ts'

/**
 * The angle of (x, y) in (−π, π], elementwise; 0 at the origin, where its gradient is taken to be 0. ONNX has the arc tangent of a
 * ratio only: of the two ratios the one within [−1, 1] is taken, so that neither value nor gradient overflows.
 */
export function atan2(y: Value, x: Value): Value {
  const zero = scalarLike(0, x)
  const number = (value: number) => scalarLike(value, x)
  const safe = (divisor: Value) => where(equal(divisor, zero), number(1), divisor)
  const signed = (angle: number) => where(less(y, zero), number(-angle), number(angle))
  const flat = lessOrEqual(abs(y), abs(x))
  // The branch that is not taken divides by 1 instead, so that it adds no NaN to the gradient.
  const byX = atan(div(where(flat, y, zero), where(flat, safe(x), number(1))))
  const byY = atan(div(where(flat, zero, x), where(flat, number(1), safe(y))))
  const turned = where(less(x, zero), add(byX, signed(Math.PI)), byX)
  return where(flat, turned, sub(signed(Math.PI / 2), byY))
}
