import { isFloat } from '../../core/dtype.ts'
import { ArgumentError } from '../../core/errors.ts'
import { staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../constants.ts'
import { type NoGradient, nondiff } from '../define.ts'
import { equal } from '../logic/equal.ts'
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
    case 'mul':
      // y = data·Π updates: the data's gradient is dy·Π updates.
      return {
        data: scatter(dy, updates, 'mul'),
        updates: nondiff(
          'where several updates meet, each one’s derivative is the product of the others, which cannot be had by scattering',
        ),
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
