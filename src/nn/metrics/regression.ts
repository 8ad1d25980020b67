import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { cast } from '../../ops/math/cast.ts'
import { div } from '../../ops/math/div.ts'
import { mul } from '../../ops/math/mul.ts'
import { sqrt } from '../../ops/math/sqrt.ts'
import { sub } from '../../ops/math/sub.ts'
import { reduceMean } from '../../ops/reduce/reduce-mean.ts'
import { reduceSum } from '../../ops/reduce/reduce-sum.ts'
import { axisNumber, integerIn, oneOf } from '../losses/checks.ts'
import { epsilon, meanOver, plus, square, times } from '../losses/elementwise.ts'
import { alignLeading, countOf } from '../losses/loss.ts'
import { cosine } from '../losses/regression.ts'
import { matched } from '../losses/targets.ts'
import {
  classCount,
  expandTo,
  type Metric,
  type MetricResult,
  meanOf,
  type Named,
  nameOr,
  numbersOf,
  unbuilt,
} from './metric.ts'

/** √ of the mean squared error. */
export const rootMeanSquaredError = <const Name extends string = 'rootMeanSquaredError'>({
  name,
}: Named<Name> = {}): Metric<Name> =>
  meanOf({
    name: nameOr(name, 'rootMeanSquaredError'),
    kind: 'rootMeanSquaredError',
    config: {},
    values: (target, output) => square(sub(...matched('rootMeanSquaredError', target, output))),
    finish: Math.sqrt,
  })

export interface AxisMetricOptions {
  /** The axis whose elements belong together. Default −1. */
  readonly axis?: number
}

type AlongAxis = (target: Value, output: Value, axis: number) => Value

function alongAxis<Name extends string>(
  kind: string,
  { name, axis = -1 }: Named<Name> & AxisMetricOptions,
  formula: AlongAxis,
): Metric<Name> {
  axisNumber(kind, axis)
  return meanOf({
    name: nameOr(name, kind),
    kind,
    config: { axis },
    values: (target, output) => formula(...matched(kind, target, output), axis),
  })
}

/** Cosine of the angle between target and output (the loss of this name is its negative). */
export const cosineSimilarity = <const Name extends string = 'cosineSimilarity'>(
  options: Named<Name> & AxisMetricOptions = {},
): Metric<Name> => alongAxis('cosineSimilarity', options, cosine)

/** Pearson's correlation along `axis`, averaged over the samples; NaN where one of the two is constant, as in Keras. */
export const pearsonCorrelation = <const Name extends string = 'pearsonCorrelation'>(
  options: Named<Name> & AxisMetricOptions = {},
): Metric<Name> =>
  alongAxis('pearsonCorrelation', options, (target, output, axis) => {
    const scaled = (x: Value) => {
      const c = centred(x, axis)
      return div(c, sqrt(meanKeeping(square(centred(c, axis)), axis)))
    }
    return meanOver(mul(scaled(target), scaled(output)), axis)
  })

/**
 * Lin's concordance correlation along `axis`, averaged over the samples. Both factors of the covariance are centred on the outputs'
 * mean, as in Keras, which comes to the same.
 */
export const concordanceCorrelation = <const Name extends string = 'concordanceCorrelation'>(
  options: Named<Name> & AxisMetricOptions = {},
): Metric<Name> =>
  alongAxis('concordanceCorrelation', options, (target, output, axis) => {
    const mean = meanKeeping(output, axis)
    const covariance = mul(sub(target, mean), sub(output, mean))
    const variance = (x: Value) => meanKeeping(square(centred(x, axis)), axis)
    const shift = square(sub(meanKeeping(target, axis), mean))
    const norm = plus(add(add(variance(target), variance(output)), shift), epsilon)
    return meanOver(div(times(covariance, 2), norm), axis)
  })

const meanKeeping = (x: Value, axis: number): Value => reduceMean(x, ints([axis]), { keepdims: 1 })
const centred = (x: Value, axis: number): Value => sub(x, meanKeeping(x, axis))

const aggregations = ['uniformAverage', 'varianceWeightedAverage', null] as const
type Aggregation = (typeof aggregations)[number]

export interface R2Options<A extends Aggregation> {
  /** How the scores of the outputs become one; `null` leaves them apart. Default `uniformAverage`. */
  readonly classAggregation?: A
  /** Number of independent variables, for the adjusted score; 0 for the plain one, which is the default. */
  readonly numRegressors?: number
}
type Average = Exclude<Aggregation, null>

/**
 * Coefficient of determination of outputs [batch, size]: 1 − Σ(t − y)² / Σ(t − mean t)². Where there are too few samples for the
 * adjusted score, the plain one is given.
 */
export function r2Score<const Name extends string = 'r2Score'>(options?: Named<Name> & R2Options<Average>): Metric<Name>
export function r2Score<const Name extends string = 'r2Score'>(
  options: Named<Name> & R2Options<null>,
): Metric<Name, readonly number[]>
export function r2Score<Name extends string>({
  name,
  classAggregation = 'uniformAverage',
  numRegressors = 0,
}: Named<Name> & R2Options<Aggregation> = {}): Metric<Name, MetricResult> {
  oneOf('r2Score', 'classAggregation', classAggregation, aggregations)
  integerIn('r2Score', 'numRegressors', numRegressors, 0)
  const base = { name: nameOr(name, 'r2Score'), kind: 'r2Score', config: { classAggregation, numRegressors } }
  return unbuilt<Name, MetricResult>(base, (_, shaped) => {
    const shape = [classCount('r2Score', shaped)]
    return {
      ...base,
      state: [[], shape, shape, shape, shape],
      update([samples, ...sums], target, output, sampleWeight) {
        const [t, y] = matched('r2Score', cast(target, { to: 'float32' }), cast(output, { to: 'float32' }))
        const weight = sampleWeight
          ? expandTo(alignLeading(t, cast(sampleWeight, { to: 'float32' }))[1], t)
          : expandTo(scalarLike(1, t), t)
        const weighted = mul(t, weight)
        const terms = [mul(t, weighted), weighted, mul(square(sub(t, y)), weight), weight]
        const now = sums.map((sum, i) => add(sum, reduceSum(terms[i] ?? t, ints([0]), { keepdims: 0 })))
        // As Keras, whose number of samples counts every element.
        return samples ? [add(samples, countOf(t, samples)), ...now] : []
      },
      result([samples, ...sums]) {
        const [squares, sum, residual, count] = sums.map(numbersOf)
        // What float32 sums leave of targets that are all the same is rounding, and no total.
        const totals = Array.from(squares ?? [], (s, i) => {
          const total = s - ((sum?.[i] ?? 0) * (sum?.[i] ?? 0)) / (count?.[i] ?? 0)
          return Math.abs(total) <= s * 2 ** -22 ? 0 : total
        })
        const scores = totals.map((total, i) => {
          const score = 1 - (residual?.[i] ?? 0) / total
          return score === Number.POSITIVE_INFINITY || score === Number.NEGATIVE_INFINITY ? 0 : score
        })
        const n = numbersOf(samples)[0] ?? 0
        const adjust = (score: number) =>
          numRegressors === 0 || numRegressors >= n - 1 ? score : 1 - ((1 - score) * (n - 1)) / (n - numRegressors - 1)
        if (classAggregation === null) return scores.map(adjust)
        const weights = classAggregation === 'uniformAverage' ? totals.map(() => 1) : totals
        const all = weights.reduce((a, b) => a + b, 0)
        return adjust(scores.reduce((s, score, i) => s + score * (weights[i] ?? 0), 0) / all)
      },
    }
  })
}
