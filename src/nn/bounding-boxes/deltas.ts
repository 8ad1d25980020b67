import { ArgumentError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { constant, scalar } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { div } from '../../ops/math/div.ts'
import { exp } from '../../ops/math/exp.ts'
import { log } from '../../ops/math/log.ts'
import { max } from '../../ops/math/max.ts'
import { mul } from '../../ops/math/mul.ts'
import { sub } from '../../ops/math/sub.ts'
import { concat } from '../../ops/shape/concat.ts'
import { part } from './geometry.ts'

/** Ren et al., "Faster R-CNN", 2015: boxes as what has to be done to anchors, both by their middles and sizes. */

/** […, 4] each: by how many of its sizes an anchor's middle is moved, and the logarithm of how many times it grows. */
export function encoded(anchors: Value, boxes: Value, variance: Value | undefined): Value {
  const size = (value: Value) => max([part(value, 2, 4), scalar(1e-7)])
  const moved = div(sub(part(boxes, 0, 2), part(anchors, 0, 2)), size(anchors))
  const deltas = concatLast(moved, log(div(size(boxes), size(anchors))))
  return variance ? div(deltas, variance) : deltas
}

/** The way back. */
export function decoded(anchors: Value, deltas: Value, variance: Value | undefined): Value {
  const given = variance ? mul(deltas, variance) : deltas
  const size = part(anchors, 2, 4)
  return concatLast(add(mul(part(given, 0, 2), size), part(anchors, 0, 2)), mul(exp(part(given, 2, 4)), size))
}

const concatLast = (first: Value, second: Value): Value => concat([first, second], { axis: -1 })

export function varianceOf(where: string, variance: readonly number[] | undefined): Value | undefined {
  if (variance === undefined) return undefined
  if (variance.length === 4 && variance.every(Number.isFinite)) return constant(variance)
  throw new ArgumentError({ where, expected: "'variance' to be four numbers", received: JSON.stringify(variance) })
}
