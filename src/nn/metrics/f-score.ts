import { ArgumentError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../../ops/constants.ts'
import { and } from '../../ops/logic/and.ts'
import { greater } from '../../ops/logic/greater.ts'
import { greaterOrEqual } from '../../ops/logic/greater-or-equal.ts'
import { abs } from '../../ops/math/abs.ts'
import { cast } from '../../ops/math/cast.ts'
import { mul } from '../../ops/math/mul.ts'
import { reduceMax } from '../../ops/reduce/reduce-max.ts'
import { reduceSum } from '../../ops/reduce/reduce-sum.ts'
import { numberIn, oneOf } from '../losses/checks.ts'
import { epsilon, oneMinus } from '../losses/elementwise.ts'
import { alignLeading } from '../losses/loss.ts'
import { matched } from '../losses/targets.ts'
import { accumulate } from './confusion.ts'
import { classCount, type Metric, type MetricResult, type Named, nameOr, numbersOf, unbuilt } from './metric.ts'

const averages = ['micro', 'macro', 'weighted', null] as const
type Average = 'micro' | 'macro' | 'weighted'

export interface F1Options<A extends Average | null> {
  /**
   * `micro`: one score from all counts; `macro`: the mean of the classes' scores; `weighted`: that mean, by how often each class
   * occurs; `null`, the default: a score for each class.
   */
  readonly average?: A
  /** Outputs above it are positive, above 0 and at most 1. Default: the largest output of each sample, and it alone. */
  readonly threshold?: number | null
}
export interface FBetaOptions<A extends Average | null> extends F1Options<A> {
  /** How much more recall counts than precision. Default 1. */
  readonly beta?: number
}
type Options<Name extends string> = Named<Name> & FBetaOptions<Average | null>

/** (1 + β²)·precision·recall / (β²·precision + recall). Targets and outputs [batch, classes]. */
export function fBetaScore<const Name extends string = 'fBetaScore'>(
  options?: Named<Name> & FBetaOptions<null>,
): Metric<Name, readonly number[]>
export function fBetaScore<const Name extends string = 'fBetaScore'>(
  options: Named<Name> & FBetaOptions<Average>,
): Metric<Name>
export function fBetaScore<Name extends string>({ beta = 1, ...options }: Options<Name> = {}) {
  return score('fBetaScore', { beta, ...options }, { beta })
}

/** The harmonic mean of precision and recall: `fBetaScore` with β = 1. */
export function f1Score<const Name extends string = 'f1Score'>(
  options?: Named<Name> & F1Options<null>,
): Metric<Name, readonly number[]>
export function f1Score<const Name extends string = 'f1Score'>(options: Named<Name> & F1Options<Average>): Metric<Name>
export function f1Score<Name extends string>(options: Named<Name> & F1Options<Average | null> = {}) {
  return score('f1Score', { ...options, beta: 1 }, {})
}

function score<Name extends string>(
  kind: string,
  { name, average = null, threshold = null, beta = 1 }: Options<Name>,
  own: object,
): Metric<Name, MetricResult> {
  oneOf(kind, 'average', average, averages)
  numberIn(kind, 'beta', beta, { min: 0, open: true })
  if (threshold !== null && !(threshold > 0 && threshold <= 1)) {
    throw new ArgumentError({
      where: kind,
      expected: `'threshold' to be above 0 and at most 1`,
      received: String(threshold),
    })
  }
  const base = { name: nameOr(name, kind), kind, config: { average, threshold, ...own } }
  const counted = (x: Value) =>
    average === 'micro' ? reduceSum(x, undefined, { keepdims: 0 }) : reduceSum(x, ints([0]), { keepdims: 0 })
  return unbuilt<Name, MetricResult>(base, (_, shaped) => {
    const classes = classCount(kind, shaped)
    const shape = average === 'micro' ? [] : [classes]
    return {
      ...base,
      state: [shape, shape, shape, shape],
      update(state, target, output, sampleWeight) {
        const [t, y] = matched(kind, cast(target, { to: 'float32' }), cast(output, { to: 'float32' }))
        const found = cast(positive(y, threshold), { to: 'float32' })
        const weight = sampleWeight && alignLeading(y, cast(sampleWeight, { to: 'float32' }))[1]
        const counts = [mul(found, t), mul(found, oneMinus(t)), mul(oneMinus(found), t), t]
        return accumulate(
          state,
          counts.map(count => counted(weight ? mul(count, weight) : count)),
        )
      },
      result(state) {
        const [tp, fp, fn, occurrences] = state.map(numbersOf)
        const scores = Array.from(tp ?? [], (count, i) => {
          const precision = count / (count + (fp?.[i] ?? 0) + epsilon)
          const recall = count / (count + (fn?.[i] ?? 0) + epsilon)
          return ((1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall + epsilon)
        })
        if (average === null) return scores
        if (average !== 'weighted') return scores.reduce((a, b) => a + b, 0) / scores.length
        const all = (occurrences ?? new Float64Array()).reduce((a, b) => a + b, 0) + epsilon
        return scores.reduce((sum, each, i) => sum + (each * (occurrences?.[i] ?? 0)) / all, 0)
      },
    }
  })
}

/** Outputs above the threshold; without one, the largest of each sample, unless it is 0 (a sample of zeros has none). */
function positive(y: Value, threshold: number | null): Value {
  if (threshold !== null) return greater(y, scalarLike(threshold, y))
  const largest = greaterOrEqual(y, reduceMax(y, ints([-1]), { keepdims: 1 }))
  return and(largest, greater(abs(y), scalarLike(1e-9, y)))
}
