import { ArgumentError } from '../../core/errors.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import { cast } from '../../ops/math/cast.ts'
import { sigmoid } from '../../ops/math/sigmoid.ts'
import { boolean, integerIn, numberIn, oneOf } from '../losses/checks.ts'
import { epsilon } from '../losses/elementwise.ts'
import { accumulate, confusionOf, isEven, spread, thresholdList } from './confusion.ts'
import { type Curve, curveArea, type Points, type Summation, weightedMean } from './curve-area.ts'
import { classCount, type Metric, type Named, nameOr, numbersOf, ratio, unbuilt } from './metric.ts'

export interface OperatingPointOptions {
  /** How many thresholds between 0 and 1 are tried. Default 200. */
  readonly numThresholds?: number
  /** Look at one class alone. */
  readonly classId?: number | null
}

interface Rates {
  readonly sensitivity: number
  readonly specificity: number
  readonly precision: number
}

/** The best of one rate over all thresholds at which another is at least `value`; 0 if none is. */
function bestUnder<Name extends string>(
  kind: string,
  condition: { readonly argument: string; readonly value: number; readonly rate: keyof Rates },
  wanted: keyof Rates,
  { name, numThresholds = 200, classId = null }: Named<Name> & OperatingPointOptions,
): Metric<Name> {
  const { argument, value, rate } = condition
  numberIn(kind, argument, value, { min: 0, max: 1 })
  integerIn(kind, 'numThresholds', numThresholds, 1)
  if (classId !== null) integerIn(kind, 'classId', classId, 0)
  const thresholds = numThresholds === 1 ? [0.5] : spread(numThresholds, 0, 1)
  const options = { thresholds, even: numThresholds > 1, classId }
  const shape = [thresholds.length]
  return {
    name: nameOr(name, kind),
    kind,
    config: { [argument]: value, numThresholds, classId },
    state: [shape, shape, shape, shape],
    update(state, target, output, sampleWeight) {
      const { tp, fp, tn, fn } = confusionOf(target, output, sampleWeight, options)
      return accumulate(state, [tp, fp, tn, fn])
    },
    result(state) {
      const feasible = pointsOf(state)
        .map(({ tp, fp, tn, fn }) => ({
          sensitivity: ratio(tp, tp + fn),
          specificity: ratio(tn, tn + fp),
          precision: ratio(tp, tp + fp),
        }))
        // In float32, as Keras compares: 0.7 is reached by 7 of 10.
        .filter(rates => Math.fround(rates[rate]) >= Math.fround(value))
      return Math.max(0, ...feasible.map(rates => rates[wanted]))
    },
  }
}

/** The counts at each threshold (and label). */
function pointsOf(state: readonly TensorData[]): Points {
  const [tp, fp, tn, fn] = state.map(numbersOf)
  return Array.from(tp ?? [], (count, i) => ({ tp: count, fp: fp?.[i] ?? 0, tn: tn?.[i] ?? 0, fn: fn?.[i] ?? 0 }))
}

/** The best sensitivity (recall) at a specificity of at least `specificity`. */
export const sensitivityAtSpecificity = <const Name extends string = 'sensitivityAtSpecificity'>({
  specificity,
  ...options
}: Named<Name> & OperatingPointOptions & { readonly specificity: number }): Metric<Name> =>
  bestUnder(
    'sensitivityAtSpecificity',
    { argument: 'specificity', value: specificity, rate: 'specificity' },
    'sensitivity',
    options,
  )

/** The best specificity at a sensitivity (recall) of at least `sensitivity`. */
export const specificityAtSensitivity = <const Name extends string = 'specificityAtSensitivity'>({
  sensitivity,
  ...options
}: Named<Name> & OperatingPointOptions & { readonly sensitivity: number }): Metric<Name> =>
  bestUnder(
    'specificityAtSensitivity',
    { argument: 'sensitivity', value: sensitivity, rate: 'sensitivity' },
    'specificity',
    options,
  )

/** The best precision at a recall of at least `recall`. */
export const precisionAtRecall = <const Name extends string = 'precisionAtRecall'>({
  recall,
  ...options
}: Named<Name> & OperatingPointOptions & { readonly recall: number }): Metric<Name> =>
  bestUnder('precisionAtRecall', { argument: 'recall', value: recall, rate: 'sensitivity' }, 'precision', options)

/** The best recall at a precision of at least `precision`. */
export const recallAtPrecision = <const Name extends string = 'recallAtPrecision'>({
  precision,
  ...options
}: Named<Name> & OperatingPointOptions & { readonly precision: number }): Metric<Name> =>
  bestUnder('recallAtPrecision', { argument: 'precision', value: precision, rate: 'precision' }, 'sensitivity', options)

export interface AucOptions {
  /** How many thresholds between 0 and 1 approximate the curve. Default 200. */
  readonly numThresholds?: number
  /** Receiver operating characteristic, precision–recall, or precision–recall gain. Default `ROC`. */
  readonly curve?: Curve
  /** How the area between two points is taken. Default `interpolation`. */
  readonly summationMethod?: Summation
  /** The thresholds, in place of `numThresholds`; 0 and 1 are added. */
  readonly thresholds?: readonly number[] | null
  /** One area for each label [batch, labels], then their mean. Default false: all outputs make one curve. */
  readonly multiLabel?: boolean
  /** Number of labels; needed only where it does not follow from the outputs. */
  readonly numLabels?: number | null
  /** Weights of the labels: in the mean of their areas, or in the counts if `multiLabel` is false. */
  readonly labelWeights?: readonly number[] | null
  /** Outputs are logits. Default false. */
  readonly fromLogits?: boolean
}

/** Area under a curve, approximated by thresholds (Davis and Goadrich 2006 for the interpolation of precision and recall). */
export function auc<const Name extends string = 'auc'>({
  name,
  numThresholds = 200,
  curve = 'ROC',
  summationMethod = 'interpolation',
  thresholds = null,
  multiLabel = false,
  numLabels = null,
  labelWeights = null,
  fromLogits = false,
}: Named<Name> & AucOptions = {}): Metric<Name> {
  oneOf('auc', 'curve', curve, ['ROC', 'PR', 'PRGAIN'])
  oneOf('auc', 'summationMethod', summationMethod, ['interpolation', 'majoring', 'minoring'])
  if (thresholds === null) integerIn('auc', 'numThresholds', numThresholds, 2)
  boolean('auc', 'multiLabel', multiLabel)
  boolean('auc', 'fromLogits', fromLogits)
  if (numLabels !== null && !multiLabel) {
    throw new ArgumentError({
      where: 'auc',
      expected: `'numLabels' only with multiLabel: true`,
      received: String(numLabels),
    })
  }
  for (const weight of labelWeights ?? []) numberIn('auc', 'labelWeights', weight, { min: 0 })
  const given = thresholds && thresholdList('auc', thresholds).toSorted((a, b) => a - b)
  const even = given === null || isEven([0, ...given, 1])
  // Just outside of 0 and 1, so that every output is above the first and none above the last.
  const ends = [-epsilon, 1 + epsilon] as const
  const limits = given ? [ends[0], ...given, ends[1]] : spread(numThresholds, ...ends)
  const base = {
    name: nameOr(name, 'auc'),
    kind: 'auc',
    config: { numThresholds, curve, summationMethod, thresholds, multiLabel, numLabels, labelWeights, fromLogits },
  }
  const options = { thresholds: limits, even, multiLabel, labelWeights: multiLabel ? null : labelWeights }
  const built = (labels: number): Metric<Name> => {
    const shape = multiLabel ? [limits.length, labels] : [limits.length]
    return {
      ...base,
      state: [shape, shape, shape, shape],
      update(state, target, output, sampleWeight) {
        const scores = fromLogits ? sigmoid(cast(output, { to: 'float32' })) : output
        const { tp, fp, tn, fn } = confusionOf(target, scores, sampleWeight, options)
        return accumulate(state, [tp, fp, tn, fn])
      },
      result(state) {
        const points = pointsOf(state)
        const areas = Array.from({ length: labels }, (_, label) =>
          curveArea(
            points.filter((_, i) => i % labels === label),
            curve,
            summationMethod,
          ),
        )
        return weightedMean(areas, multiLabel ? labelWeights : null)
      },
    }
  }
  if (!multiLabel) return built(1)
  const forLabels = (labels: number) => {
    if (labelWeights === null || labelWeights.length === labels) return built(labels)
    throw new ArgumentError({
      where: 'auc',
      expected: `a label weight for each of ${labels} labels`,
      received: `${labelWeights.length}`,
    })
  }
  if (numLabels !== null) return forLabels(integerIn('auc', 'numLabels', numLabels, 1))
  return unbuilt(base, (_, output) => forLabels(classCount('auc', output)))
}
