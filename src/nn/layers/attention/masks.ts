import { isStatic, staticShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar, scalarLike } from '../../../ops/constants.ts'
import { and } from '../../../ops/logic/and.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { greaterOrEqual } from '../../../ops/logic/greater-or-equal.ts'
import { less } from '../../../ops/logic/less.ts'
import { not } from '../../../ops/logic/not.ts'
import { abs } from '../../../ops/math/abs.ts'
import { cast } from '../../../ops/math/cast.ts'
import { sub } from '../../../ops/math/sub.ts'
import { cumSum } from '../../../ops/reduce/cum-sum.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'

/** What queries may look at: bool, true where a query sees a key. */

export interface Masks {
  /** Steps of queries, values and keys that count: [batch, steps]. */
  readonly query?: Value | undefined
  readonly value?: Value | undefined
  readonly key?: Value | undefined
  /** [batch, queries, keys], or with the scores' axes before the last two. Bool, or numbers that are not 0. */
  readonly attention?: Value | undefined
  /** A position looks at itself and what came before it. */
  readonly causal?: boolean
  /** A position looks at positions less than this far away. */
  readonly window?: number | null
}

/** All masks in one that broadcasts to [batch, queries, keys]; `undefined` where nothing is hidden. */
export function attentionMask(
  scores: Value,
  { query, value, key, attention, causal, window }: Masks,
): Value | undefined {
  const parts = [
    ...(query ? [unsqueeze(query, ints([-1]))] : []),
    ...(value ? [unsqueeze(value, ints([-2]))] : []),
    ...(key ? [unsqueeze(key, ints([-2]))] : []),
    ...(causal || window ? [positionMask(scores, causal ?? false, window ?? null)] : []),
    ...(attention ? [asBool(attention)] : []),
  ]
  return parts.length === 0 ? undefined : parts.reduce((a, b) => and(a, b))
}

/** Inserts axes behind the batch axis until the mask has the scores' rank. */
export function asWideAs(mask: Value, scores: Value, keep: number): Value {
  const missing = scores.shape.length - mask.shape.length
  if (missing <= 0) return mask
  const at = mask.shape.length - keep
  return unsqueeze(mask, ints(Array.from({ length: missing }, (_, i) => at + i)))
}

const asBool = (mask: Value): Value => (mask.dtype === 'bool' ? mask : not(equal(mask, scalarLike(0, mask))))

/** Which keys a query sees by its position: [queries, keys], or the scores' shape where their sizes are not known yet. */
export function positionMask(scores: Value, causal: boolean, window: number | null): Value {
  const last = scores.shape.slice(-2)
  if (isStatic(last)) {
    const [rows = 0, columns = 0] = staticShape(last)
    const sees = (row: number, column: number) =>
      (!causal || row >= column) && (window === null || Math.abs(row - column) < window)
    const cells = Array.from({ length: rows * columns }, (_, at) =>
      Number(sees(Math.floor(at / columns), at % columns)),
    )
    return constant(cells, [rows, columns], 'bool')
  }
  const ones = cast(equal(scores, scores), { to: 'int32' })
  const position = (axis: number) => cumSum(ones, scalar(axis + scores.shape.length, 'int64'))
  const [row, column] = [position(-2), position(-1)]
  const parts = [
    ...(causal ? [greaterOrEqual(row, column)] : []),
    ...(window === null ? [] : [less(abs(sub(row, column)), scalar(window, 'int32'))]),
  ]
  return parts.reduce((a, b) => and(a, b))
}
