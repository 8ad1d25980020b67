import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../../ops/constants.ts'
import { equal } from '../../ops/logic/equal.ts'
import { greater } from '../../ops/logic/greater.ts'
import { or } from '../../ops/logic/or.ts'
import { where } from '../../ops/logic/where.ts'
import { cast } from '../../ops/math/cast.ts'
import { max } from '../../ops/math/max.ts'
import { mul } from '../../ops/math/mul.ts'
import { sub } from '../../ops/math/sub.ts'
import { reduceMax } from '../../ops/reduce/reduce-max.ts'
import { reduceMin } from '../../ops/reduce/reduce-min.ts'
import { meanOver, oneMinus, plus, square, sumOver, times } from './elementwise.ts'
import { defineLoss, type Loss, type ReductionOptions } from './loss.ts'
import { matched } from './targets.ts'

/** Mean over the last axis of max(1 − target·output, 0). Targets are −1 and 1; a batch of only zeros and ones is taken to mean these. */
export const hinge = (options: ReductionOptions = {}): Loss =>
  defineLoss('hinge', options, (target, output) => meanOver(margin('hinge', target, output)))

/** Mean over the last axis of max(1 − target·output, 0)². Targets as for `hinge`. */
export const squaredHinge = (options: ReductionOptions = {}): Loss =>
  defineLoss('squaredHinge', options, (target, output) => meanOver(square(margin('squaredHinge', target, output))))

/** max(1 + max((1 − target)·output) − Σ target·output, 0) over the last axis: the right class must lead by 1. */
export const categoricalHinge = (options: ReductionOptions = {}): Loss =>
  defineLoss('categoricalHinge', options, (target, output) => {
    const [t, y] = matched('categoricalHinge', target, output)
    const right = sumOver(mul(t, y))
    const wrong = reduceMax(mul(oneMinus(t), y), ints([-1]), { keepdims: 0 })
    return max([plus(sub(wrong, right), 1), scalarLike(0, y)])
  })

function margin(name: string, target: Value, output: Value): Value {
  const [t, y] = matched(name, target, output)
  return max([oneMinus(mul(signed(t), y)), scalarLike(0, y)])
}

/** As Keras: zeros and ones become −1 and 1, if the whole batch is made of them. */
function signed(target: Value): Value {
  const known = or(equal(target, scalarLike(0, target)), equal(target, scalarLike(1, target)))
  const all = reduceMin(cast(known, { to: 'int32' }), undefined, { keepdims: 0 })
  return where(greater(all, scalarLike(0, all)), plus(times(target, 2), -1), target)
}
