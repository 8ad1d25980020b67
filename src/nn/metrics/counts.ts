import { integerIn } from '../losses/checks.ts'
import { accumulate, type Confusion, confusionOf, isEven, lowest, type Thresholds, thresholdList } from './confusion.ts'
import { type Metric, type MetricResult, type Named, nameOr, numbersOf, ratio } from './metric.ts'

/** Counts of outcomes, and ratios of two of them, at one threshold or several. */

export interface ThresholdOptions<T extends Thresholds> {
  /** Outputs above it are positive; for several thresholds the result has one number for each. Default 0.5. */
  readonly thresholds?: T
}
type Single = number | null
type Outcome = keyof Confusion

function counting<Name extends string>(
  kind: string,
  outcome: Outcome,
  { name, thresholds = null }: Named<Name> & ThresholdOptions<Thresholds>,
): Metric<Name, MetricResult> {
  const list = thresholdList(kind, thresholds)
  const options = { thresholds: list, even: isEven(list) }
  return {
    name: nameOr(name, kind),
    kind,
    config: { thresholds },
    state: [[list.length]],
    update: (state, target, output, sampleWeight) =>
      accumulate(state, [confusionOf(target, output, sampleWeight, options)[outcome]]),
    result: ([count]) => oneOrAll(Array.from(numbersOf(count)), thresholds),
  }
}

/** A number for a single threshold, a list for a list. */
const oneOrAll = (values: readonly number[], thresholds: Thresholds): MetricResult =>
  typeof thresholds === 'object' && thresholds !== null ? values : (values[0] ?? 0)

/** Number of positive targets with an output above the threshold. */
export function truePositives<const Name extends string = 'truePositives'>(
  options?: Named<Name> & ThresholdOptions<Single>,
): Metric<Name>
export function truePositives<const Name extends string = 'truePositives'>(
  options: Named<Name> & ThresholdOptions<readonly number[]>,
): Metric<Name, readonly number[]>
export function truePositives<Name extends string>(options: Named<Name> & ThresholdOptions<Thresholds> = {}) {
  return counting('truePositives', 'tp', options)
}

/** Number of negative targets with an output that is not above the threshold. */
export function trueNegatives<const Name extends string = 'trueNegatives'>(
  options?: Named<Name> & ThresholdOptions<Single>,
): Metric<Name>
export function trueNegatives<const Name extends string = 'trueNegatives'>(
  options: Named<Name> & ThresholdOptions<readonly number[]>,
): Metric<Name, readonly number[]>
export function trueNegatives<Name extends string>(options: Named<Name> & ThresholdOptions<Thresholds> = {}) {
  return counting('trueNegatives', 'tn', options)
}

/** Number of negative targets with an output above the threshold. */
export function falsePositives<const Name extends string = 'falsePositives'>(
  options?: Named<Name> & ThresholdOptions<Single>,
): Metric<Name>
export function falsePositives<const Name extends string = 'falsePositives'>(
  options: Named<Name> & ThresholdOptions<readonly number[]>,
): Metric<Name, readonly number[]>
export function falsePositives<Name extends string>(options: Named<Name> & ThresholdOptions<Thresholds> = {}) {
  return counting('falsePositives', 'fp', options)
}

/** Number of positive targets with an output that is not above the threshold. */
export function falseNegatives<const Name extends string = 'falseNegatives'>(
  options?: Named<Name> & ThresholdOptions<Single>,
): Metric<Name>
export function falseNegatives<const Name extends string = 'falseNegatives'>(
  options: Named<Name> & ThresholdOptions<readonly number[]>,
): Metric<Name, readonly number[]>
export function falseNegatives<Name extends string>(options: Named<Name> & ThresholdOptions<Thresholds> = {}) {
  return counting('falseNegatives', 'fn', options)
}

export interface SelectionOptions<T extends Thresholds> extends ThresholdOptions<T> {
  /** Only the `topK` highest outputs of a sample can be positive; the default threshold then lets all of them be. */
  readonly topK?: number | null
  /** Look at one class alone. */
  readonly classId?: number | null
}

function share<Name extends string>(
  kind: string,
  missed: Outcome,
  { name, thresholds = null, topK = null, classId = null }: Named<Name> & SelectionOptions<Thresholds>,
): Metric<Name, MetricResult> {
  if (topK !== null) integerIn(kind, 'topK', topK, 1)
  if (classId !== null) integerIn(kind, 'classId', classId, 0)
  const list = thresholdList(kind, thresholds, topK === null ? 0.5 : lowest)
  const options = { thresholds: list, even: isEven(list), topK, classId }
  return {
    name: nameOr(name, kind),
    kind,
    config: { thresholds, topK, classId },
    state: [[list.length], [list.length]],
    update(state, target, output, sampleWeight) {
      const counts = confusionOf(target, output, sampleWeight, options)
      return accumulate(state, [counts.tp, counts[missed]])
    },
    result([found, others]) {
      const rest = numbersOf(others)
      return oneOrAll(
        Array.from(numbersOf(found), (tp, i) => ratio(tp, tp + (rest[i] ?? 0))),
        thresholds,
      )
    },
  }
}

/** Share of the positive outputs whose targets are positive; 0 where there are none. */
export function precision<const Name extends string = 'precision'>(
  options?: Named<Name> & SelectionOptions<Single>,
): Metric<Name>
export function precision<const Name extends string = 'precision'>(
  options: Named<Name> & SelectionOptions<readonly number[]>,
): Metric<Name, readonly number[]>
export function precision<Name extends string>(options: Named<Name> & SelectionOptions<Thresholds> = {}) {
  return share('precision', 'fp', options)
}

/** Share of the positive targets whose outputs are positive; 0 where there are none. */
export function recall<const Name extends string = 'recall'>(
  options?: Named<Name> & SelectionOptions<Single>,
): Metric<Name>
export function recall<const Name extends string = 'recall'>(
  options: Named<Name> & SelectionOptions<readonly number[]>,
): Metric<Name, readonly number[]>
export function recall<Name extends string>(options: Named<Name> & SelectionOptions<Thresholds> = {}) {
  return share('recall', 'fn', options)
}
