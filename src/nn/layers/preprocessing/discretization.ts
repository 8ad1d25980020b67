import { ArgumentError } from '../../../core/errors.ts'
import { fromNested, isTensorData, type Nested } from '../../../core/nested.ts'
import { type TensorData, toNumbers } from '../../../core/tensor-data.ts'
import { constant, ints } from '../../../ops/constants.ts'
import { greaterOrEqual } from '../../../ops/logic/greater-or-equal.ts'
import { cast } from '../../../ops/math/cast.ts'
import { reduceSum } from '../../../ops/reduce/reduce-sum.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { positive } from '../../serialized.ts'
import type { BinsOf, EncodedBy } from '../../shapes/encoding.ts'
import { oneOf, positiveInt } from '../arguments.ts'
import { type CommonOptions, common } from '../options.ts'
import { type EncodingMode, encoded } from './encode.ts'
import type { Adaptable } from './normalization.ts'

export interface DiscretizationOptions extends CommonOptions {
  /** Where bins begin, in rising order: n boundaries make n + 1 bins. */
  readonly binBoundaries?: readonly number[] | null
  /** Number of bins that `adapt` is to find, with about as many elements in each. */
  readonly numBins?: number | null
  /** How finely `adapt` looks, as a share of the data. Default 0.01. */
  readonly epsilon?: number
  /** `int`: the number of the bin (int32). Default int. */
  readonly outputMode?: 'int' | EncodingMode
}

/** Numbers → the numbers of their bins. What `adapt` finds is part of the config. */
export function discretization<const O extends DiscretizationOptions>(
  given: O,
): Layer<EncodedBy<'discretization', O, 'int', BinsOf<O>>> & Adaptable<TensorData | readonly Nested[]> {
  type Result = Layer<EncodedBy<'discretization', O, 'int', BinsOf<O>>>
  const where = 'discretization'
  const options: DiscretizationOptions = given
  const { numBins = null } = options
  if (numBins === null && !options.binBoundaries)
    throw new ArgumentError({ where, expected: "'numBins' or 'binBoundaries'", received: 'neither' })
  const config = {
    binBoundaries: options.binBoundaries ? rising(where, options.binBoundaries) : null,
    numBins: numBins === null ? null : positiveInt(where, 'numBins', numBins),
    epsilon: positive(where, 'epsilon', options.epsilon ?? 0.01),
    outputMode: oneOf(where, 'outputMode', options.outputMode ?? 'int', ['int', 'oneHot', 'multiHot', 'count']),
  }
  const layer: Result = makeLayer({
    type: 'Discretization',
    ...common(where, options),
    config,
    call([x]) {
      const { binBoundaries: boundaries, outputMode } = config
      if (!boundaries)
        throw new ArgumentError({ where, expected: 'adapt(data) before the layer is applied', received: 'none' })
      // Integers too: between two of them there may be a boundary.
      const real = x.dtype === 'float32' ? x : cast(x, { to: 'float32' })
      const wide = unsqueeze(real, ints([-1]))
      const passed = cast(greaterOrEqual(wide, constant(boundaries)), { to: 'int32' })
      const bins = reduceSum(passed, ints([-1]), { keepdims: 0 })
      return outputMode === 'int' ? bins : encoded(bins, outputMode, boundaries.length + 1, where)
    },
  })
  const result: Result & Adaptable<TensorData | readonly Nested[]> = Object.assign(layer, {
    adapt(data: TensorData | readonly Nested[]) {
      if (config.numBins === null)
        throw new ArgumentError({
          where,
          expected: "'numBins' for adapt to find boundaries",
          received: "'binBoundaries'",
        })
      const values = toNumbers(isTensorData(data) ? data : fromNested(data, 'float32', where))
      if (values.length === 0 || values.some(Number.isNaN)) {
        throw new ArgumentError({
          where,
          expected: 'numbers to adapt to',
          received: values.length === 0 ? 'none' : 'some that are NaN',
        })
      }
      config.binBoundaries = boundariesOf(values, config.numBins, config.epsilon)
      return result
    },
  })
  return result
}

function rising(where: string, boundaries: readonly number[]): readonly number[] {
  if (boundaries.every((value, i) => Number.isFinite(value) && value >= (boundaries[i - 1] ?? value))) return boundaries
  throw new ArgumentError({
    where,
    expected: "'binBoundaries' to be finite numbers in rising order",
    received: JSON.stringify(boundaries),
  })
}

interface Summary {
  readonly values: readonly number[]
  readonly weights: readonly number[]
}

/** Keras's: quantiles of a summary that holds every 1/epsilon-th share of the sorted data. */
function boundariesOf(data: ArrayLike<number>, bins: number, epsilon: number): readonly number[] {
  const sorted = Float32Array.from(data).sort()
  const step = Math.max(sorted.length * epsilon, 1)
  const values: number[] = []
  for (let i = Math.trunc(step - 1); i < sorted.length; i += Math.trunc(step)) values.push(sorted[i] ?? 0)
  const summary = compressed({ values, weights: values.map(() => Math.fround(step)) }, epsilon)
  return compressed(summary, 1 / bins).values.slice(0, -1)
}

function compressed(summary: Summary, epsilon: number): Summary {
  const { values, weights } = summary
  if (values.length * epsilon < 1) return summary
  let sum = 0
  const sums = weights.map(weight => {
    sum += weight
    return sum
  })
  const shares = sums.map(value => value / sum)
  const percents = Array.from({ length: Math.ceil(1 / epsilon) }, (_, i) => epsilon + i * epsilon)
  const upTo = percents.map(at => interpolated(at, shares, sums))
  return {
    values: percents.map(at => Math.fround(interpolated(at, shares, values))),
    weights: upTo.map((value, i) => Math.fround(value - (upTo[i - 1] ?? 0))),
  }
}

/** Linear between points (xs rising), constant beyond them. */
function interpolated(x: number, xs: readonly number[], ys: readonly number[]): number {
  const after = xs.findIndex(value => value >= x)
  if (after <= 0) return ys[after === 0 ? 0 : ys.length - 1] ?? 0
  const [x0 = 0, x1 = 0, y0 = 0, y1 = 0] = [xs[after - 1], xs[after], ys[after - 1], ys[after]]
  return x1 === x0 ? y1 : y0 + ((x - x0) / (x1 - x0)) * (y1 - y0)
}
