import { ArgumentError } from '../core/errors.ts'
import { type TensorData, toNumbers } from '../core/tensor-data.ts'
import type { Value } from '../graph/value.ts'
import { ints, scalarLike } from '../ops/constants.ts'
import { equal } from '../ops/logic/equal.ts'
import { greater } from '../ops/logic/greater.ts'
import { abs } from '../ops/math/abs.ts'
import { add } from '../ops/math/add.ts'
import { cast } from '../ops/math/cast.ts'
import { mul } from '../ops/math/mul.ts'
import { sub } from '../ops/math/sub.ts'
import { argMax } from '../ops/reduce/arg-max.ts'
import { reduceMean } from '../ops/reduce/reduce-mean.ts'
import { reduceSum } from '../ops/reduce/reduce-sum.ts'
import { classNumbers } from './losses.ts'

/** A metric streams over batches: its state lives in the graph and starts at zero for each epoch; only the result is taken in JavaScript. */
export interface Metric<Name extends string = string> {
  readonly name: Name
  /** Shapes of the float32 accumulators. */
  readonly state: readonly (readonly number[])[]
  update(state: readonly Value[], target: Value, output: Value): readonly Value[]
  result(state: readonly TensorData[]): number
}

/** Mean over all samples seen of a value per sample. */
function mean<const Name extends string>(name: Name, perSample: (target: Value, output: Value) => Value): Metric<Name> {
  return {
    name,
    state: [[], []],
    update([total, count], target, output) {
      const values = perSample(target, output)
      if (!total || !count) return []
      const sum = reduceSum(cast(values, { to: 'float32' }), undefined, { keepdims: 0 })
      const seen = values.shape.reduce<number>((n, dim) => n * (typeof dim === 'number' ? dim : 1), 1)
      return [add(total, sum), add(count, scalarLike(seen, count))]
    },
    result([total, count]) {
      return total && count ? (toNumbers(total)[0] ?? 0) / Math.max(1, toNumbers(count)[0] ?? 0) : Number.NaN
    },
  }
}

const same = (a: Value, b: Value): Value => cast(equal(a, b), { to: 'float32' })

/** Share of samples whose most probable class is the target's number. */
export const sparseCategoricalAccuracy = (): Metric<'sparseCategoricalAccuracy'> =>
  mean('sparseCategoricalAccuracy', (target, output) =>
    same(argMax(output, { axis: -1, keepdims: 0 }), classNumbers('sparseCategoricalAccuracy', target, output)),
  )

/** Share of samples whose most probable class is the target's. */
export const categoricalAccuracy = (): Metric<'categoricalAccuracy'> =>
  mean('categoricalAccuracy', (target, output) =>
    same(argMax(output, { axis: -1, keepdims: 0 }), argMax(target, { axis: -1, keepdims: 0 })),
  )

/** Share of outputs on the target's side of one half. */
export const binaryAccuracy = (): Metric<'binaryAccuracy'> =>
  mean('binaryAccuracy', (target, output) => {
    const yes = greater(output, scalarLike(0.5, output))
    return reduceMean(same(cast(yes, { to: output.dtype }), cast(target, { to: output.dtype })), ints([-1]), {
      keepdims: 0,
    })
  })

export const meanSquaredErrorMetric = (): Metric<'meanSquaredError'> =>
  mean('meanSquaredError', (target, output) => {
    const difference = sub(output, cast(target, { to: output.dtype }))
    return reduceMean(mul(difference, difference), ints([-1]), { keepdims: 0 })
  })

export const meanAbsoluteErrorMetric = (): Metric<'meanAbsoluteError'> =>
  mean('meanAbsoluteError', (target, output) =>
    reduceMean(abs(sub(output, cast(target, { to: output.dtype }))), ints([-1]), { keepdims: 0 }),
  )

const byName = {
  sparseCategoricalAccuracy,
  categoricalAccuracy,
  binaryAccuracy,
  meanSquaredError: meanSquaredErrorMetric,
  meanAbsoluteError: meanAbsoluteErrorMetric,
}
export type MetricName = 'accuracy' | keyof typeof byName

interface Shaped {
  readonly shape: readonly unknown[]
}

/** By name, with Keras's rule for 'accuracy': which kind it is follows from the shapes of targets and outputs. */
export function resolveMetric(given: MetricName | Metric, target: Shaped, output: Shaped): Metric {
  if (typeof given !== 'string') return given
  if (given === 'accuracy') return { ...accuracyFor(target, output), name: 'accuracy' }
  const make = byName[given]
  if (make) return make()
  throw unknownMetric(given)
}

/** Throws for a name that is no metric's. */
export function checkMetricName(given: string): void {
  if (given !== 'accuracy' && !(given in byName)) throw unknownMetric(given)
}

export const metricNames: readonly MetricName[] = ['accuracy', ...(Object.keys(byName) as (keyof typeof byName)[])]

const unknownMetric = (given: unknown) =>
  new ArgumentError({
    where: 'compile',
    expected: `a metric among ${metricNames.join(', ')}`,
    received: `'${String(given)}'`,
  })

function accuracyFor(target: Shaped, output: Shaped): Metric {
  if (output.shape.at(-1) === 1) return binaryAccuracy()
  const sparse = target.shape.length < output.shape.length || target.shape.at(-1) === 1
  return sparse ? sparseCategoricalAccuracy() : categoricalAccuracy()
}
