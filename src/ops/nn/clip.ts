import { isFloat } from '../../core/dtype.ts'
import type { Batched } from '../../graph/operator.ts'
import type { Value } from '../../graph/value.ts'
import { logicalRank, padRank } from '../batching.ts'
import { defineOp, nondiff, type Op } from '../define.ts'
import { unbroadcast } from '../gradients.ts'
import { requireNumeric, requireRank, sameDType } from '../infer.ts'
import { greater } from '../logic/greater.ts'
import { less } from '../logic/less.ts'
import { cast } from '../math/cast.ts'
import { max as maximum } from '../math/max.ts'
import { min as minimum } from '../math/min.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'

/**
 * min(max(x, min), max), with scalar bounds that may be left out. At a bound the gradient goes to x, as in Keras and TensorFlow;
 * beyond it, to the bound.
 */
export const clip: Op<['x', 'min?', 'max?']> = defineOp({
  type: 'Clip',
  since: 13,
  inputs: ['x', 'min?', 'max?'],
  infer: ({ x, min, max }) => {
    requireNumeric('Clip', x)
    for (const bound of [min, max]) {
      if (bound === undefined) continue
      sameDType('Clip', x, bound)
      requireRank('Clip', bound, 0, 'a bound is a scalar')
    }
    return x.type
  },
  vjp: ({ x, min, max }, _y, dy) => {
    if (!isFloat(x.dtype)) return { x: nondiff('integers'), min: nondiff('integers'), max: nondiff('integers') }
    const above = max && mul(dy, cast(greater(x, max), { to: x.dtype }))
    let rest = above ? sub(dy, above) : dy
    // Where the bounds cross, max wins: it is applied last.
    const below = min && mul(rest, cast(less(x, min), { to: x.dtype }))
    if (below) rest = sub(rest, below)
    return { x: rest, min: below && min && unbroadcast(below, min), max: above && max && unbroadcast(above, max) }
  },
  batch: ({ x, min, max }, { call, attributes }) => {
    if (!min?.batched && !max?.batched) return call({ x: x.value, min: min?.value, max: max?.value }, attributes)
    // Bounds that differ from entry to entry are no scalars any more.
    const rank = logicalRank(x)
    const bounded = (y: Value, bound: Batched | undefined, apply: (pair: readonly Value[]) => Value): Value =>
      bound ? apply([y, padRank(bound, rank)]) : y
    return bounded(bounded(padRank(x, rank), min, maximum), max, minimum)
  },
  samples: [
    {
      x: { shape: [3, 4], distinct: true },
      min: { shape: [], low: -0.8, high: -0.7 },
      max: { shape: [], low: 0.7, high: 0.8 },
    },
    { x: { shape: [3, 4], distinct: true }, min: { values: [0], shape: [], dtype: 'float32' } },
    { x: { shape: [2, 3], distinct: true }, max: { shape: [], low: 0.2, high: 0.3 } },
    { x: { shape: [6], distinct: true } },
    { x: { shape: [6], dtype: 'int32', low: -5, high: 5 }, min: { values: [-2], shape: [], dtype: 'int32' } },
    { x: { shape: [], dtype: 'int64', low: -5, high: 5 }, max: { values: [2], shape: [], dtype: 'int64' } },
  ],
  traits: { elementwise: true },
})
