import { isFloat } from '../../core/dtype.ts'
import { ArgumentError } from '../../core/errors.ts'
import { staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../constants.ts'
import { type NoGradient, nondiff } from '../define.ts'
import { and } from '../logic/and.ts'
import { equal } from '../logic/equal.ts'
import { where } from '../logic/where.ts'
import { cast } from '../math/cast.ts'
import { div } from '../math/div.ts'
import { mul } from '../math/mul.ts'
import { expand } from '../shape/expand.ts'

/** The reductions of the Scatter operators: `none` writes (for duplicates the last one wins, in an order nobody promises). */
export const reductions = ['none', 'add', 'mul', 'min', 'max'] as const

export function checkReduction(where: string, reduction: string): void {
  if (reductions.some(known => known === reduction)) return
  throw new ArgumentError({
    where,
    expected: `reduction ${reductions.map(name => `'${name}'`).join(', ')}`,
    received: `'${reduction}'`,
  })
}

/** Gradients of y = scatter(data, updates) for both Scatter operators, from their own scatter and the gather that undoes it. */
export function scatterGradients(
  {
    data,
    updates,
    y,
    dy,
    reduction,
  }: {
    readonly data: Value
    readonly updates: Value
    readonly y: Value
    readonly dy: Value
    readonly reduction: string
  },
  gather: (x: Value) => Value,
  scatter: (data: Value, updates: Value, reduction: string) => Value,
): { readonly data: Value | NoGradient; readonly updates: Value | NoGradient } {
  if (!isFloat(data.dtype)) return { data: nondiff('integers'), updates: nondiff('integers') }
  switch (reduction) {
    case 'add':
      return { data: dy, updates: gather(dy) }
    case 'mul': {
      // y = data·Π updates: the data's gradient is dy·Π updates, an update's dy·data·(product of the others that meet it there). That is
      // Π / update where none of them is 0; where one is, only that one has a gradient, the product of the rest.
      const to = data.dtype
      const isZero = equal(updates, scalarLike(0, updates))
      const rest = where(isZero, scalarLike(1, updates), updates)
      const all = (value: number) =>
        expand(scalarLike(value, data), ints(staticShape(data.shape, 'gradient of a Scatter operator')))
      const product = gather(scatter(all(1), rest, 'mul'))
      const zeros = gather(scatter(all(0), cast(isZero, { to }), 'add'))
      const others = where(
        equal(zeros, scalarLike(0, zeros)),
        div(product, rest),
        mul(product, cast(and(isZero, equal(zeros, scalarLike(1, zeros))), { to })),
      )
      return { data: scatter(dy, updates, 'mul'), updates: mul(gather(mul(dy, data)), others) }
    }
    case 'min':
    case 'max': {
      // The extreme element takes the gradient; equal ones share it, as in TopK's and ReduceMax's rules.
      const to = data.dtype
      const kept = cast(equal(data, y), { to })
      const chosen = cast(equal(updates, gather(y)), { to })
      const share = div(dy, scatter(kept, chosen, 'add'))
      return { data: mul(share, kept), updates: mul(gather(share), chosen) }
    }
    default: {
      // What was written over passes nothing on.
      const zeros = expand(scalarLike(0, updates), ints(staticShape(updates.shape, 'gradient of a Scatter operator')))
      return { data: scatter(dy, zeros, 'none'), updates: gather(dy) }
    }
  }
}
