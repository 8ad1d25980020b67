import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, ints, scalar } from '../../ops/constants.ts'
import { scatterElements } from '../../ops/index/scatter-elements.ts'
import { greater } from '../../ops/logic/greater.ts'
import { add } from '../../ops/math/add.ts'
import { cast } from '../../ops/math/cast.ts'
import { ceil } from '../../ops/math/ceil.ts'
import { mul } from '../../ops/math/mul.ts'
import { sub } from '../../ops/math/sub.ts'
import { cumSum } from '../../ops/reduce/cum-sum.ts'
import { reduceSum } from '../../ops/reduce/reduce-sum.ts'
import { topK as topKOf } from '../../ops/reduce/top-k.ts'
import { concat } from '../../ops/shape/concat.ts'
import { reshape } from '../../ops/shape/reshape.ts'
import { slice } from '../../ops/shape/slice.ts'
import { unsqueeze } from '../../ops/shape/unsqueeze.ts'
import { oneMinus, times, within } from '../losses/elementwise.ts'
import { alignLeading } from '../losses/loss.ts'
import { classesOf, oneHotOf, sameRank } from '../losses/targets.ts'
import { expandTo } from './metric.ts'

/** Below every score: what classes outside of the top k get, and the threshold that lets all others through. */
export const lowest = -1e10

/** Counts by outcome at each threshold: [thresholds], or [thresholds, labels]. */
export interface Confusion {
  readonly tp: Value
  readonly fp: Value
  readonly tn: Value
  readonly fn: Value
}

export interface ConfusionOptions {
  readonly thresholds: readonly number[]
  /** The thresholds are 0, 1/(n−1), …, 1, so that counting is one pass over the outputs whatever their number. */
  readonly even: boolean
  readonly topK?: number | null
  readonly classId?: number | null
  /** Count for each label (the last of two axes) apart. */
  readonly multiLabel?: boolean
  readonly labelWeights?: readonly number[] | null
}

/** As Keras's `update_confusion_matrix_variables`: an output is positive above a threshold, a target where it is not 0. */
export function confusionOf(
  target: Value,
  output: Value,
  sampleWeight: Value | undefined,
  { thresholds, even, topK = null, classId = null, multiLabel = false, labelWeights = null }: ConfusionOptions,
): Confusion {
  let [y, t] = sameRank(cast(output, { to: 'float32' }), cast(cast(target, { to: 'bool' }), { to: 'float32' }))
  if (topK !== null) y = onlyTop(y, topK)
  if (classId !== null) [y, t] = [classOf(y, classId), classOf(t, classId)]
  let positives = t
  let negatives = oneMinus(t)
  for (const weight of [
    sampleWeight && alignLeading(y, cast(sampleWeight, { to: 'float32' }))[1],
    labelWeights ? constant(labelWeights) : undefined,
  ]) {
    if (!weight) continue
    const wide = expandTo(weight, y)
    positives = mul(positives, wide)
    negatives = mul(negatives, wide)
  }
  const columns = multiLabel ? classesOf(y) : 1
  const flat = (x: Value) => reshape(x, ints([-1, columns]))
  const counts = even ? byBucket : byComparison
  const { tp, fp } = counts(flat(y), flat(positives), flat(negatives), thresholds, columns)
  const shaped = (x: Value) => (multiLabel ? x : reshape(x, ints([thresholds.length])))
  const rest = (all: Value, found: Value) => sub(reduceSum(flat(all), ints([0]), { keepdims: 1 }), found)
  return { tp: shaped(tp), fp: shaped(fp), tn: shaped(rest(negatives, fp)), fn: shaped(rest(positives, tp)) }
}

type Counts = (
  y: Value,
  positives: Value,
  negatives: Value,
  thresholds: readonly number[],
  columns: number,
) => { tp: Value; fp: Value }

/** Every output against every threshold. */
const byComparison: Counts = (y, positives, negatives, thresholds) => {
  const limits = constant(thresholds, [thresholds.length, 1, 1])
  const found = cast(greater(unsqueeze(y, ints([0])), limits), { to: 'float32' })
  const sum = (x: Value) => reduceSum(mul(found, unsqueeze(x, ints([0]))), ints([1]), { keepdims: 0 })
  return { tp: sum(positives), fp: sum(negatives) }
}

/** An output y is above the first ⌈y·(n−1)⌉ thresholds: sums by that number, added up from the highest. */
const byBucket: Counts = (y, positives, negatives, thresholds, columns) => {
  const n = thresholds.length
  // A first threshold below 0 lets every output through, 0 included.
  const least = (thresholds[0] ?? 0) < 0 || (thresholds[n - 1] ?? 1) > 1 ? 1 : 0
  const above = within(ceil(times(within(y, 0, 1), n - 1)), least, Math.max(least, n - 1))
  const places = cast(above, { to: 'int64' })
  const sums = scatterElements(
    constant(new Array<number>(n * 2 * columns).fill(0), [n, 2 * columns]),
    concat([places, places], { axis: 1 }),
    concat([positives, negatives], { axis: 1 }),
    { axis: 0, reduction: 'add' },
  )
  const running = cumSum(sums, scalar(0, 'int64'), { exclusive: 1, reverse: 1 })
  const part = (from: number, to: number) => slice(running, ints([from]), ints([to]), ints([1]))
  return { tp: part(0, columns), fp: part(columns, 2 * columns) }
}

/** Scores outside of the `k` highest of their sample become `lowest`. */
function onlyTop(y: Value, k: number): Value {
  const { indices } = topKOf(y, ints([k]), { axis: -1 })
  const top = reduceSum(oneHotOf(indices, classesOf(y), y.dtype), ints([-2]), { keepdims: 0 })
  return add(mul(y, top), times(oneMinus(top), lowest))
}

function classOf(x: Value, id: number): Value {
  const classes = x.shape.at(-1)
  const has = typeof classes !== 'number' || id < classes
  if (x.shape.length > 1 && has) return slice(x, ints([id]), ints([id + 1]), ints([-1]))
  throw new ShapeError({
    where: 'metric with classId',
    expected: `outputs of shape [samples, classes] with a class ${id}`,
    received: formatShape(x.shape),
  })
}

/** Whether thresholds are those of `byBucket`, as NumPy's `allclose` has it. */
export const isEven = (thresholds: readonly number[]): boolean =>
  thresholds.length >= 3 &&
  thresholds.every((threshold, i) => {
    const even = i / (thresholds.length - 1)
    return Math.abs(threshold - even) <= 1e-7 + 1e-5 * even
  })

export type Thresholds = number | readonly number[] | null

/** Thresholds as a list, within [0, 1]. */
export function thresholdList(where: string, given: Thresholds, standard = 0.5): readonly number[] {
  if (given === null) return [standard]
  const list = typeof given === 'number' ? [given] : given
  if (list.length > 0 && list.every(threshold => threshold >= 0 && threshold <= 1)) return list
  throw new ArgumentError({
    where,
    expected: `'thresholds' to be numbers from 0 to 1`,
    received: `[${list.join(', ')}]`,
  })
}

/** n − 2 thresholds spread evenly between 0 and 1, and ends that are given. */
export const spread = (n: number, first: number, last: number): readonly number[] => [
  first,
  ...Array.from({ length: n - 2 }, (_, i) => (i + 1) / (n - 1)),
  last,
]

/** Adds one more batch to accumulators. */
export const accumulate = (state: readonly Value[], parts: readonly Value[]): Value[] =>
  state.flatMap((sum, i) => {
    const part = parts[i]
    return part ? [add(sum, part)] : []
  })
