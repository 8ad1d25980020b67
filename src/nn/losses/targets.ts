import type { DType } from '../../core/dtype.ts'
import { ShapeError } from '../../core/errors.ts'
import { formatShape, normalizeAxis, staticDim } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints } from '../../ops/constants.ts'
import { equal } from '../../ops/logic/equal.ts'
import { cast } from '../../ops/math/cast.ts'
import { squeeze } from '../../ops/shape/squeeze.ts'
import { unsqueeze } from '../../ops/shape/unsqueeze.ts'

/** How targets are brought to the form of the outputs. */

/** Adds or drops a trailing axis of size 1 where the ranks differ by one, as Keras's `squeeze_or_expand_to_same_rank`. */
export function sameRank(a: Value, b: Value): [Value, Value] {
  const difference = a.shape.length - b.shape.length
  if (difference === 1 && a.shape.at(-1) === 1) {
    return b.shape.length === 1 ? [a, unsqueeze(b, ints([-1]))] : [squeeze(a, ints([-1])), b]
  }
  if (difference === -1 && b.shape.at(-1) === 1) {
    return a.shape.length === 1 ? [unsqueeze(a, ints([-1])), b] : [a, squeeze(b, ints([-1]))]
  }
  return [a, b]
}

/**
 * Target and output of one shape and the output's dtype. Shapes that differ by more than a trailing 1 are refused, where Keras
 * broadcasts: [batch, 1] against [batch, 3] is hardly ever meant.
 */
export function matched(where: string, target: Value, output: Value): [target: Value, output: Value] {
  const [t, o] = sameRank(target, output)
  const fits = t.shape.length === o.shape.length && t.shape.every((dim, i) => dim === o.shape[i])
  if (fits) return [cast(t, { to: output.dtype }), o]
  throw new ShapeError({
    where,
    expected: `targets of the outputs' shape ${formatShape(output.shape)}`,
    received: formatShape(target.shape),
  })
}

/** Class numbers as int64 with the output's axes but `axis`: an axis of size 1 in its place is dropped, as in Keras. */
export function classNumbers(where: string, target: Value, output: Value, axis = -1): Value {
  const rank = output.shape.length - 1
  const at = normalizeAxis(axis, rank + 1, where)
  const squeezed = target.shape.length === rank + 1 && target.shape[at] === 1 ? squeeze(target, ints([at])) : target
  if (squeezed.shape.length !== rank) {
    throw new ShapeError({
      where,
      expected: `class numbers of shape ${formatShape(output.shape.filter((_, i) => i !== at))} for outputs of shape ${formatShape(output.shape)}`,
      received: formatShape(target.shape),
      ...(target.shape.length === rank + 1 ? { remedy: 'For one-hot targets use the categorical form.' } : {}),
    })
  }
  return cast(squeezed, { to: 'int64' })
}

/** Class numbers [batch, …] → one-hot [batch, …, classes], the classes along `axis` of the result. All zeros for a number that is none of them. */
export function oneHotOf(labels: Value, classes: number, dtype: DType, axis = -1): Value {
  const rank = labels.shape.length + 1
  const at = normalizeAxis(axis, rank, 'one-hot')
  const shape = at === rank - 1 ? [classes] : [classes, ...new Array<number>(rank - 1 - at).fill(1)]
  const numbers = constant(
    Array.from({ length: classes }, (_, i) => i),
    shape,
    'int64',
  )
  return cast(equal(unsqueeze(labels, ints([at])), numbers), { to: dtype })
}

/** Number of classes along an axis of the output. */
export const classesOf = (output: { readonly shape: Value['shape'] }, axis = -1): number =>
  staticDim(output.shape.at(axis), output.shape)
