import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { fromNested, isTensorData, type Nested } from '../../../core/nested.ts'
import { formatShape, sameShape, sizeOf, stridesOf } from '../../../core/shape.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../../core/tensor-data.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { div } from '../../../ops/math/div.ts'
import { max } from '../../../ops/math/max.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sqrt } from '../../../ops/math/sqrt.ts'
import { sub } from '../../../ops/math/sub.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import type { Initializer } from '../../initializers.ts'
import type { Layer, LayerScope } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { sizesAlong } from '../normalization/affine.ts'
import { type CommonOptions, common } from '../options.ts'

export interface NormalizationOptions extends CommonOptions {
  /** The axes that keep statistics of their own; null for one of all elements. Default −1. */
  readonly axis?: number | readonly number[] | null
  /** Both given, `adapt` is not needed: a number, or one for each element of the last of `axis`. */
  readonly mean?: number | readonly number[] | null
  readonly variance?: number | readonly number[] | null
  /** x · √variance + mean instead. Default false. */
  readonly invert?: boolean
}

/** A layer that learns from data before training, by `adapt`. */
export interface Adaptable<Data> {
  /** Takes in statistics of samples, all at once; what was adapted before is forgotten. Returns the layer. */
  adapt(data: Data): this
}

/**
 * (x − mean) / √variance with the statistics of data, given or found by `adapt`. Adapted ones are weights that are not trained, `mean`,
 * `variance` and `count`, as in Keras, so that they are saved with the others.
 */
export function normalization(
  options: NormalizationOptions = {},
): Layer<SameShape> & Adaptable<TensorData | readonly Nested[]> {
  const where = 'normalization'
  const { axis = -1, mean = null, variance = null } = options
  if ((mean === null) !== (variance === null)) {
    throw new ArgumentError({
      where,
      expected: "both 'mean' and 'variance', or neither",
      received: mean === null ? "'variance' alone" : "'mean' alone",
    })
  }
  const config = { axis, mean, variance, invert: options.invert ?? false }
  checkNumbers(where, 'mean', mean, Number.isFinite)
  checkNumbers(where, 'variance', variance, value => Number.isFinite(value) && value >= 0)
  checkNumbers(where, 'axis', axis, Number.isSafeInteger)
  const kept = axis === null ? [] : typeof axis === 'number' ? [axis] : axis
  const state = new Map<string, TensorData<'float32'>>()
  const adapted = (name: string, otherwise: number): Initializer => ({
    name: 'adapted',
    config: {},
    init: shape => state.get(name) ?? fromNumbers('float32', shape, new Array(sizeOf(shape)).fill(otherwise)),
  })

  /** The statistics as they broadcast to x. */
  const statistics = (x: Value, scope: LayerScope): readonly [Value, Value] => {
    const axes = axesOf(kept, x.shape.length, where)
    if (mean !== null && variance !== null) {
      const spread = (value: number | readonly number[]) => {
        if (typeof value === 'number') return scalar(value)
        const last = axes.at(-1) ?? 0
        return constant(
          value,
          x.shape.map((_, i) => (i === last ? value.length : 1)),
        )
      }
      return [spread(mean), spread(variance)]
    }
    const shape = sizesAlong(where, x, axes)
    const weight = (name: string, otherwise: number, size: readonly number[]) =>
      scope.weight(name, { shape: size, initializer: adapted(name, otherwise), trainable: false })
    const sized = (value: Value) =>
      reshape(value, ints(x.shape.map((_, i) => (axes.includes(i) ? Number(x.shape[i]) : 1))))
    const pair = [sized(weight('mean', 0, shape)), sized(weight('variance', 1, shape))] as const
    weight('count', 0, [])
    return pair
  }

  const layer: Layer<SameShape> = makeLayer({
    type: 'Normalization',
    ...common(where, options),
    config,
    masking: 'pass',
    call([input], scope) {
      const x = input.dtype === 'float32' ? input : cast(input, { to: 'float32' })
      const [centre, squares] = statistics(x, scope)
      const deviation = max([sqrt(squares), scalar(1e-7)])
      return config.invert ? add(mul(x, deviation), centre) : div(sub(x, centre), deviation)
    },
  })

  const result: Layer<SameShape> & Adaptable<TensorData | readonly Nested[]> = Object.assign(layer, {
    adapt(data: TensorData | readonly Nested[]) {
      if (mean !== null) {
        throw new ArgumentError({
          where,
          expected: "no 'mean' and 'variance' where adapt is to find them",
          received: 'both',
        })
      }
      const tensor = isTensorData(data) ? data : fromNested(data, 'float32', where)
      const found = momentsOf(tensor, axesOf(kept, tensor.shape.length, where))
      for (const [name, value] of Object.entries(found)) {
        const weight = layer.ownWeights.get(name)
        if (weight && !sameShape(weight.shape, value.shape)) {
          throw new ShapeError({ where, expected: formatShape(weight.shape), received: formatShape(value.shape) })
        }
        state.set(name, value)
        if (weight) weight.value = value
      }
      return result
    },
  })
  return result
}

function checkNumbers(
  where: string,
  name: string,
  given: number | readonly number[] | null,
  fits: (value: number) => boolean,
): void {
  if (given === null || (typeof given === 'number' ? [given] : given).every(fits)) return
  const kind = name === 'axis' ? 'integers' : name === 'mean' ? 'finite numbers' : 'finite numbers of 0 or more'
  throw new ArgumentError({ where, expected: `'${name}' to be of ${kind}`, received: String(given) })
}

const axesOf = (axes: readonly number[], rank: number, where: string): number[] =>
  axes
    .map(axis => {
      const at = axis < 0 ? axis + rank : axis
      if (Number.isSafeInteger(at) && at > 0 && at < rank) return at
      throw new ArgumentError({
        where,
        expected: `'axis' from 1 to ${rank - 1} for an input of rank ${rank}`,
        received: String(axis),
      })
    })
    .sort((a, b) => a - b)

/** Mean and biased variance along the kept axes, in double precision. */
function momentsOf(tensor: TensorData, axes: readonly number[]) {
  const values = toNumbers(tensor)
  const { shape } = tensor
  if (values.length === 0)
    throw new ArgumentError({ where: 'normalization', expected: 'samples to adapt to', received: 'none' })
  const sizes = axes.map(axis => shape[axis] ?? 1)
  const size = sizeOf(sizes)
  const strides = stridesOf(shape)
  const cell = (at: number) =>
    axes.reduce((n, axis, i) => n * (sizes[i] ?? 1) + (Math.floor(at / (strides[axis] ?? 1)) % (shape[axis] ?? 1)), 0)
  const sums = new Float64Array(size)
  const squares = new Float64Array(size)
  const count = values.length / size
  values.forEach((value, at) => {
    sums[cell(at)] = (sums[cell(at)] ?? 0) + value / count
  })
  values.forEach((value, at) => {
    const i = cell(at)
    squares[i] = (squares[i] ?? 0) + (value - (sums[i] ?? 0)) ** 2 / count
  })
  return {
    mean: fromNumbers('float32', sizes, sums),
    variance: fromNumbers('float32', sizes, squares),
    count: fromNumbers('float32', [], [0]),
  }
}
