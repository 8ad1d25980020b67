import { ArgumentError } from '../core/errors.ts'
import * as accuracies from './metrics/accuracy.ts'
import * as counts from './metrics/counts.ts'
import * as curves from './metrics/curves.ts'
import * as scores from './metrics/f-score.ts'
import * as losses from './metrics/from-losses.ts'
import * as overlaps from './metrics/iou.ts'
import type { AnyMetric, Metric, Shaped } from './metrics/metric.ts'
import * as regression from './metrics/regression.ts'

export {
  accuracy,
  binaryAccuracy,
  categoricalAccuracy,
  type SparseTopKOptions,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  type TopKOptions,
  topKCategoricalAccuracy,
} from './metrics/accuracy.ts'
export {
  falseNegatives,
  falsePositives,
  precision,
  recall,
  type SelectionOptions,
  type ThresholdOptions,
  trueNegatives,
  truePositives,
} from './metrics/counts.ts'
export {
  type AucOptions,
  auc,
  type OperatingPointOptions,
  precisionAtRecall,
  recallAtPrecision,
  sensitivityAtSpecificity,
  specificityAtSensitivity,
} from './metrics/curves.ts'
export { type MetricFunction, mean, sum } from './metrics/custom.ts'
export { type F1Options, type FBetaOptions, f1Score, fBetaScore } from './metrics/f-score.ts'
export {
  binaryCrossentropy,
  categoricalCrossentropy,
  categoricalHinge,
  hinge,
  klDivergence,
  logCoshError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
  sparseCategoricalCrossentropy,
  squaredHinge,
} from './metrics/from-losses.ts'
export {
  type BinaryIouOptions,
  binaryIou,
  type IouOptions,
  iou,
  type MeanIouOptions,
  meanIou,
  oneHotIou,
  oneHotMeanIou,
} from './metrics/iou.ts'
export type { AnyMetric, Metric, MetricResult, Named, Shaped } from './metrics/metric.ts'
export {
  type AxisMetricOptions,
  concordanceCorrelation,
  cosineSimilarity,
  pearsonCorrelation,
  type R2Options,
  r2Score,
  rootMeanSquaredError,
} from './metrics/regression.ts'

/** Those that need no arguments and give one number, by Keras's names in camelCase. */
const scalars = {
  ...accuracies,
  ...losses,
  ...regression,
  ...counts,
  auc: curves.auc,
  binaryIou: overlaps.binaryIou,
}
/** Those that give a number for each class unless told otherwise. */
const vectors = scores
/** Those that cannot be without arguments. */
const withArguments = {
  iou: overlaps.iou,
  meanIou: overlaps.meanIou,
  oneHotIou: overlaps.oneHotIou,
  oneHotMeanIou: overlaps.oneHotMeanIou,
  precisionAtRecall: curves.precisionAtRecall,
  recallAtPrecision: curves.recallAtPrecision,
  sensitivityAtSpecificity: curves.sensitivityAtSpecificity,
  specificityAtSensitivity: curves.specificityAtSensitivity,
}

/** Keras's short names. A metric asked for by one has it as the name of its result. */
const aliases = {
  bce: 'binaryCrossentropy',
  BCE: 'binaryCrossentropy',
  mae: 'meanAbsoluteError',
  MAE: 'meanAbsoluteError',
  mape: 'meanAbsolutePercentageError',
  MAPE: 'meanAbsolutePercentageError',
  mse: 'meanSquaredError',
  MSE: 'meanSquaredError',
  msle: 'meanSquaredLogarithmicError',
  MSLE: 'meanSquaredLogarithmicError',
} as const

type Automatic = 'accuracy' | 'acc'
/** Metrics of one number that can be asked for by name. */
export type MetricName = Automatic | keyof typeof scalars | keyof typeof aliases
/** Metrics of a number for each class that can be asked for by name. */
export type VectorMetricName = keyof typeof vectors
export type AnyMetricName = MetricName | VectorMetricName

/** Whatever a maker's options are, it checks them when it is called: that is what lets a configuration from a file go in. */
interface Maker {
  make(config: object): AnyMetric
}
const makersOf = (table: Readonly<Record<string, Maker['make']>>) => Object.entries(table)
const scalarMakers = new Map(makersOf(scalars))
const makers = new Map([...scalarMakers, ...makersOf(vectors), ...makersOf(withArguments)])
const fullName = new Map<string, string>(Object.entries(aliases))

export const metricNames: readonly MetricName[] = [
  'acc',
  ...(Object.keys(scalars) as (keyof typeof scalars)[]), // the keys of an object literal are what its type says
  ...(Object.keys(aliases) as (keyof typeof aliases)[]),
]

/**
 * By name, with Keras's rule for 'accuracy': which kind it is follows from the shapes of targets and outputs. The metric knows
 * the shapes afterwards; one asked for by name has that name.
 */
export function resolveMetric(given: MetricName | Metric, target: Shaped, output: Shaped): Metric
export function resolveMetric(given: AnyMetricName | AnyMetric, target: Shaped, output: Shaped): AnyMetric
export function resolveMetric(given: AnyMetricName | AnyMetric, target: Shaped, output: Shaped): AnyMetric {
  if (typeof given !== 'string') return given.build?.(target, output) ?? given
  const metric = isAutomatic(given) ? accuracyFor(target, output) : metricNamed(given, {})
  return { ...(metric.build?.(target, output) ?? metric), name: given }
}

/** Throws for a name that is no metric's. */
export function checkMetricName(given: string): void {
  if (!isAutomatic(given)) metricNamed(given, {})
}

/** The metric of a kind and configuration, as read from a file; `name` is that of its result. */
export function metricFromConfig(kind: string, config: Readonly<Record<string, unknown>>, name?: string): AnyMetric {
  const metric = metricNamed(kind, config)
  return name === undefined ? metric : renamed(metric, name)
}

/** The metric, and what it is built into, under another name. */
const renamed = (metric: AnyMetric, name: string): AnyMetric => ({
  ...metric,
  name,
  ...(metric.build ? { build: (target, output) => renamed(metric.build?.(target, output) ?? metric, name) } : {}),
})

const isAutomatic = (name: string): name is Automatic => name === 'accuracy' || name === 'acc'

function metricNamed(name: string, config: Readonly<Record<string, unknown>>): AnyMetric {
  const make = makers.get(fullName.get(name) ?? name)
  if (make) return make(config)
  throw new ArgumentError({
    where: 'compile',
    expected: `a metric among ${['accuracy', ...makers.keys()].join(', ')}`,
    received: `'${name}'`,
  })
}

function accuracyFor(target: Shaped, output: Shaped): Metric {
  if (output.shape.at(-1) === 1) return accuracies.binaryAccuracy()
  const sparse = target.shape.length < output.shape.length || target.shape.at(-1) === 1
  return sparse ? accuracies.sparseCategoricalAccuracy() : accuracies.categoricalAccuracy()
}
