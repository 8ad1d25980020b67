import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../../ops/constants.ts'
import { gatherElements } from '../../ops/index/gather-elements.ts'
import { equal } from '../../ops/logic/equal.ts'
import { greater } from '../../ops/logic/greater.ts'
import { less } from '../../ops/logic/less.ts'
import { lessOrEqual } from '../../ops/logic/less-or-equal.ts'
import { not } from '../../ops/logic/not.ts'
import { cast } from '../../ops/math/cast.ts'
import { reduceMax } from '../../ops/reduce/reduce-max.ts'
import { reduceSum } from '../../ops/reduce/reduce-sum.ts'
import { slice } from '../../ops/shape/slice.ts'
import { unsqueeze } from '../../ops/shape/unsqueeze.ts'
import { boolean, integerIn, numberIn } from '../losses/checks.ts'
import { classNumbers, matched } from '../losses/targets.ts'
import { largest, type Metric, meanOf, type Named, nameOr } from './metric.ts'

const same = (a: Value, b: Value): Value => cast(equal(a, b), { to: 'float32' })

/** Share of outputs that equal the targets. */
export const accuracy = <const Name extends string = 'accuracy'>({ name }: Named<Name> = {}): Metric<Name> =>
  meanOf({
    name: nameOr(name, 'accuracy'),
    kind: 'accuracy',
    config: {},
    values: (target, output) => same(...matched('accuracy', target, output)),
  })

/** Share of outputs on the target's side of `threshold` (default 0.5). */
export function binaryAccuracy<const Name extends string = 'binaryAccuracy'>({
  name,
  threshold = 0.5,
}: Named<Name> & { readonly threshold?: number } = {}): Metric<Name> {
  numberIn('binaryAccuracy', 'threshold', threshold)
  return meanOf({
    name: nameOr(name, 'binaryAccuracy'),
    kind: 'binaryAccuracy',
    config: { threshold },
    values(target, output) {
      const [t, y] = matched('binaryAccuracy', target, output)
      return same(cast(greater(y, scalarLike(threshold, y)), { to: y.dtype }), t)
    },
  })
}

/** Share of samples whose most probable class is the target's. Target and output [batch, …, classes]. */
export const categoricalAccuracy = <const Name extends string = 'categoricalAccuracy'>({
  name,
}: Named<Name> = {}): Metric<Name> =>
  meanOf({
    name: nameOr(name, 'categoricalAccuracy'),
    kind: 'categoricalAccuracy',
    config: {},
    values: (target, output) => same(largest(target), largest(output)),
  })

/** Share of samples whose most probable class is the target's number. Target [batch, …] or [batch, …, 1]. */
export const sparseCategoricalAccuracy = <const Name extends string = 'sparseCategoricalAccuracy'>({
  name,
}: Named<Name> = {}): Metric<Name> =>
  meanOf({
    name: nameOr(name, 'sparseCategoricalAccuracy'),
    kind: 'sparseCategoricalAccuracy',
    config: {},
    values: (target, output) => same(largest(output), classNumbers('sparseCategoricalAccuracy', target, output)),
  })

export interface TopKOptions {
  /** How many classes count. Default 5. */
  readonly k?: number
}

/** Share of samples whose target is among the `k` most probable classes. Target and output [batch, …, classes]. */
export function topKCategoricalAccuracy<const Name extends string = 'topKCategoricalAccuracy'>({
  name,
  k = 5,
}: Named<Name> & TopKOptions = {}): Metric<Name> {
  integerIn('topKCategoricalAccuracy', 'k', k, 1)
  return meanOf({
    name: nameOr(name, 'topKCategoricalAccuracy'),
    kind: 'topKCategoricalAccuracy',
    config: { k },
    values: (target, output) => inTopK(largest(target), output, k),
  })
}

export interface SparseTopKOptions extends TopKOptions {
  /** Outputs are class numbers, the most probable first, not scores. Default false. */
  readonly fromSortedIds?: boolean
}

/** Share of samples whose target's number is among the `k` most probable classes. Target [batch, …] or [batch, …, 1]. */
export function sparseTopKCategoricalAccuracy<const Name extends string = 'sparseTopKCategoricalAccuracy'>({
  name,
  k = 5,
  fromSortedIds = false,
}: Named<Name> & SparseTopKOptions = {}): Metric<Name> {
  const kind = 'sparseTopKCategoricalAccuracy'
  integerIn(kind, 'k', k, 1)
  boolean(kind, 'fromSortedIds', fromSortedIds)
  return meanOf({
    name: nameOr(name, kind),
    kind,
    config: { k, fromSortedIds },
    values(target, output) {
      const labels = classNumbers(kind, target, output)
      if (!fromSortedIds) return inTopK(labels, output, k)
      const first = cast(slice(output, ints([0]), ints([k]), ints([-1])), { to: 'int64' })
      return reduceMax(same(first, unsqueeze(labels, ints([-1]))), ints([-1]), { keepdims: 0 })
    },
  })
}

/** 1 where fewer than `k` classes have a higher score than the label's; ties are in, and NaN is not. */
function inTopK(labels: Value, scores: Value, k: number): Value {
  const own = gatherElements(scores, unsqueeze(labels, ints([-1])), { axis: -1 })
  const above = reduceSum(cast(not(lessOrEqual(scores, own)), { to: 'float32' }), ints([-1]), { keepdims: 0 })
  return cast(less(above, scalarLike(k, above)), { to: 'float32' })
}
