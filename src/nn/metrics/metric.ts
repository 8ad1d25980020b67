import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { isStatic } from '../../core/shape.ts'
import { type TensorData, toNumbers } from '../../core/tensor-data.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { cast } from '../../ops/math/cast.ts'
import { mul } from '../../ops/math/mul.ts'
import { argMax } from '../../ops/reduce/arg-max.ts'
import { reduceMean } from '../../ops/reduce/reduce-mean.ts'
import { reduceSum } from '../../ops/reduce/reduce-sum.ts'
import { expand } from '../../ops/shape/expand.ts'
import { shapeOf } from '../../ops/shape/shape.ts'
import { alignLeading, countOf } from '../losses/loss.ts'
import { sameRank } from '../losses/targets.ts'

/** One number, or one for each class or threshold. */
export type MetricResult = number | readonly number[]

/** Anything with a shape, whose first axis is the samples. */
export interface Shaped {
  readonly shape: readonly unknown[]
}

/** A metric streams over batches: its state lives in the graph and starts at zero for each epoch; only the result is taken in JavaScript. */
export interface Metric<Name extends string = string, Result extends MetricResult = number> {
  readonly name: Name
  /** Which metric of this package it is, and what it was made with: `metricFromConfig(kind, config)` makes it again. */
  readonly kind?: string
  readonly config?: Readonly<Record<string, unknown>>
  /** Shapes of the float32 accumulators. */
  readonly state: readonly (readonly number[])[]
  /** For a metric whose state depends on the number of classes: the metric for given shapes. To be called before `state` is read. */
  build?(target: Shaped, output: Shaped): Metric<Name, Result>
  /** The state after one more batch. A weight for each sample [batch], or for each of its steps [batch, …]. */
  update(state: readonly Value[], target: Value, output: Value, sampleWeight?: Value): readonly Value[]
  result(state: readonly TensorData[]): Result
}

export type AnyMetric = Metric<string, MetricResult>

export interface Named<Name extends string> {
  /** The name of the result. Default: that of the metric. */
  readonly name?: Name
}

/** The name given, or the standard one. */
export const nameOr = <Name extends string>(given: Name | undefined, standard: string): Name =>
  // Every maker declares its standard name as the default of `Name`, which is what `Name` is where none was given.
  given ?? (standard as Name)

/** Numbers of an accumulator. */
export const numbersOf = (data: TensorData | undefined): Float64Array => (data ? toNumbers(data) : new Float64Array())

/** a / b, and 0 where b is 0. */
export const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b)

/** The size of the last axis of outputs [samples, classes], for a metric that needs it before there are batches. */
export function classCount(where: string, { shape }: Shaped): number {
  const last = shape.at(-1)
  if (shape.length === 2 && typeof last === 'number') return last
  throw new ShapeError({
    where,
    expected: 'outputs of shape [samples, classes]',
    received: `[${shape.map(String).join(', ')}]`,
  })
}

/** What stands in for a metric until it knows the shapes: using it earlier is an error that says so. */
export function unbuilt<Name extends string, Result extends MetricResult>(
  metric: Pick<Metric<Name, Result>, 'name' | 'kind' | 'config'>,
  build: (target: Shaped, output: Shaped) => Metric<Name, Result>,
): Metric<Name, Result> {
  const refuse = (): never => {
    throw new ArgumentError({
      where: metric.name,
      expected: 'a metric that knows the shapes of targets and outputs',
      received: 'one that is not built',
      remedy: 'Call build(target, output) and use what it returns.',
    })
  }
  return { ...metric, state: [], build, update: refuse, result: refuse }
}

/** A value (or several) for each sample. */
export type PerSample = (target: Value, output: Value) => Value

/** What both `mean` and `sum` do: a value per sample, accumulated. */
export interface Reducing<Name extends string> {
  readonly name: Name
  readonly kind?: string
  readonly config?: Readonly<Record<string, unknown>>
  readonly values: PerSample
  /** Which of the values count, where there are weights at all. */
  readonly mask?: ((target: Value, values: Value) => Value) | undefined
  /** Applied to the mean. */
  readonly finish?: (mean: number) => number
}

/** Mean over all samples seen, weighted, as Keras's `MeanMetricWrapper`. */
export function meanOf<Name extends string>({
  values,
  mask,
  finish = x => x,
  ...metric
}: Reducing<Name>): Metric<Name> {
  return {
    ...metric,
    state: [[], []],
    update([total, count], target, output, sampleWeight) {
      if (!total || !count) return []
      const raw = values(target, output)
      const weights = sampleWeight && mask ? masked(sampleWeight, mask(target, raw)) : sampleWeight
      const { samples, weight } = bySample(raw, weights, reduceMean)
      const seen = weight ? total1(weight) : samples.shape.length === 0 ? scalarLike(1, count) : countOf(samples, count)
      return [add(total, total1(samples)), add(count, seen)]
    },
    result: ([total, count]) => finish(ratio(numbersOf(total)[0] ?? 0, numbersOf(count)[0] ?? 0)),
  }
}

/** Sum over all samples seen, weighted, as Keras's `Sum`. */
export function sumOf<Name extends string>({ values, ...metric }: Reducing<Name>): Metric<Name> {
  return {
    ...metric,
    state: [[]],
    update([total], target, output, sampleWeight) {
      return total ? [add(total, total1(bySample(values(target, output), sampleWeight, reduceSum).samples))] : []
    },
    result: ([total]) => numbersOf(total)[0] ?? 0,
  }
}

const total1 = (x: Value): Value => reduceSum(x, undefined, { keepdims: 0 })

function masked(weight: Value, mask: Value): Value {
  const [a, b] = alignLeading(...sameRank(cast(mask, { to: 'float32' }), cast(weight, { to: 'float32' })))
  return mul(a, b)
}

/** One weighted value and one weight for each sample, as Keras's `reduce_to_samplewise_values`. */
function bySample(
  values: Value,
  sampleWeight: Value | undefined,
  reduce: typeof reduceMean | typeof reduceSum,
): { samples: Value; weight: Value | undefined } {
  const over = (x: Value, from: number) =>
    x.shape.length <= from
      ? x
      : reduce(x, ints(Array.from({ length: x.shape.length - from }, (_, i) => from + i)), { keepdims: 0 })
  const all = cast(values, { to: 'float32' })
  if (!sampleWeight) return { samples: over(all, 1), weight: undefined }
  const [wide, given] = sameRank(all, cast(sampleWeight, { to: 'float32' }))
  const [samples, weight] = alignLeading(over(wide, given.shape.length), given)
  const spread = expandTo(weight, samples)
  return { samples: over(mul(samples, spread), 1), weight: over(spread, 1) }
}

/** Repeats `x` to the shape of `like`. */
export function expandTo(x: Value, like: Value): Value {
  const same = x.shape.length === like.shape.length && x.shape.every((dim, i) => dim === like.shape[i])
  return same ? x : expand(x, isStatic(like.shape) ? ints(like.shape) : shapeOf(like))
}

/** The number of the largest score along an axis: the class of one-hot targets, of any dtype, and of outputs. */
export const largest = (x: Value, axis = -1): Value =>
  argMax(x.dtype === 'bool' ? cast(x, { to: 'int32' }) : x, { axis, keepdims: 0 })
