import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape, staticShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { scalarLike } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { mul } from '../../../ops/math/mul.ts'
import { bernoulliMask } from '../../../ops/random/bits.ts'
import type { Layer, LayerScope } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { SameShape, SameShapeOfRank } from '../../shapes/functions.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import { type CommonOptions, common, type DataFormat, dataFormat } from '../options.ts'
import { type SeedOption, seededKey, seedOf } from '../seeded.ts'
import { elementwiseInLayout } from '../spatial.ts'

export interface DropoutOptions extends SeedOption, CommonOptions {
  /** Share of elements set to 0, from 0 to 1. */
  readonly rate: number
  /**
   * Shape of the mask, which broadcasts to the input: 1 for axes along which elements share their fate, null for the input's size.
   * [null, 1, null] drops features of all steps. Default null: the input's shape.
   */
  readonly noiseShape?: readonly (number | null)[] | null
}

/**
 * Srivastava et al., "Dropout", 2014: in training, sets a share `rate` of the elements to 0 and scales the others by 1 / (1 − rate).
 * The masks come from the run's seed and step, so that a repeated or resumed run draws the same ones.
 */
export function dropout(options: DropoutOptions): Layer<SameShape> {
  const config = dropoutConfig('dropout', options)
  return makeLayer({
    type: 'Dropout',
    ...common('dropout', options),
    config,
    masking: 'pass',
    call: ([x], scope) => {
      const { rate, seed } = config
      if (!scope.training || rate === 0) return x
      const drop = (value: Value) =>
        dropped(value, rate, seededKey(scope, seed), noiseOf('dropout', value, config.noiseShape))
      return config.noiseShape ? drop(x) : elementwiseInLayout(x, drop)
    },
  })
}

/**
 * Klambauer et al., "Self-Normalizing Neural Networks", 2017: dropout that leaves mean and variance as they are, for SELU. Elements
 * are set to SELU's lower bound, then all are scaled and shifted.
 */
export function alphaDropout(options: DropoutOptions): Layer<SameShape> {
  const config = dropoutConfig('alphaDropout', options)
  const { rate, seed, noiseShape } = config
  return makeLayer({
    type: 'AlphaDropout',
    ...common('alphaDropout', options),
    config,
    masking: 'pass',
    call([x], scope) {
      if (!scope.training || rate === 0) return x
      const low = -1.6732632423543772 * 1.0507009873554805
      const a = ((1 - rate) * (1 + rate * low ** 2)) ** -0.5
      const b = -a * low * rate
      const number = (value: number) => scalarLike(value, x)
      const kept = bernoulliMask(seededKey(scope, seed), noiseOf('alphaDropout', x, noiseShape), 1 - rate)
      // a · (x·kept + low·(1 − kept)) + b
      const rest = add(mul(kept, number(-a * low)), number(a * low + b))
      return add(mul(x, mul(kept, number(a))), rest)
    },
  })
}

export type SpatialDropoutOptions = SeedOption & CommonOptions & { readonly rate: number }

/** Drops whole features of [batch, steps, features], in all steps at once (Tompson et al., 2015). */
export const spatialDropout1d = (
  options: SpatialDropoutOptions,
): Layer<SameShapeOfRank<'spatialDropout1d', 2, '[steps, channels]'>> => spatialDropout(1, options, 'channelsLast', {})

export interface SpatialDropoutImageOptions extends SeedOption, CommonOptions {
  readonly rate: number
  /** Where the channels are. Default channelsLast. */
  readonly dataFormat?: DataFormat
}

/** Drops whole channels of images (Tompson et al., 2015). */
export const spatialDropout2d = (
  options: SpatialDropoutImageOptions,
): Layer<SameShapeOfRank<'spatialDropout2d', 3, '[height, width, channels]'>> => imageDropout(2, options)

/** Drops whole channels of volumes (Tompson et al., 2015). */
export const spatialDropout3d = (
  options: SpatialDropoutImageOptions,
): Layer<SameShapeOfRank<'spatialDropout3d', 4, '[depth, height, width, channels]'>> => imageDropout(3, options)

function imageDropout<F extends ShapeFunction>(axes: number, options: SpatialDropoutImageOptions): Layer<F> {
  const format = dataFormat(`spatialDropout${axes}d`, options.dataFormat)
  return spatialDropout(axes, options, format, { dataFormat: format })
}

function spatialDropout<F extends ShapeFunction>(
  axes: number,
  options: SpatialDropoutOptions,
  format: DataFormat,
  more: object,
): Layer<F> {
  const where = `spatialDropout${axes}d`
  const { rate, seed } = dropoutConfig(where, options)
  return makeLayer({
    type: `SpatialDropout${axes}D`,
    ...common(where, options),
    config: { rate, seed, ...more },
    masking: 'pass',
    call([x], scope) {
      if (x.shape.length !== axes + 2) {
        throw new ShapeError({
          where,
          expected: `an input of rank ${axes + 2}`,
          received: `shape ${formatShape(x.shape)}`,
        })
      }
      if (!scope.training || rate === 0) return x
      const channels = format === 'channelsLast' ? axes + 1 : 1
      const noise = x.shape.map((_, axis) => (axis === 0 || axis === channels ? null : 1))
      return dropped(x, rate, seededKey(scope, seed), noiseOf(where, x, noise))
    },
  })
}

/** x with a share `rate` of it set to 0 and the rest scaled up, the mask of shape `noise` drawn from `key`. */
export function dropped(x: Value, rate: number, key: Value, noise: readonly number[]): Value {
  if (rate === 1) return mul(x, scalarLike(0, x))
  const kept = cast(bernoulliMask(key, noise, 1 - rate), { to: x.dtype })
  return mul(x, mul(kept, scalarLike(1 / (1 - rate), x)))
}

/** Dropout as a part of another layer, such as that of attention weights. */
export const dropoutInside = (
  x: Value,
  rate: number,
  seed: number | null,
  scope: LayerScope,
  purpose: string,
): Value =>
  scope.training && rate > 0 ? dropped(x, rate, seededKey(scope, seed, purpose), staticShape(x.shape, 'dropout')) : x

function dropoutConfig(where: string, options: DropoutOptions) {
  const { noiseShape = null } = options
  if (noiseShape !== null && !noiseShape.every(dim => dim === null || (Number.isSafeInteger(dim) && dim > 0))) {
    throw new ArgumentError({
      where,
      expected: "'noiseShape' to hold positive integers, or null for the input's size",
      received: JSON.stringify(noiseShape),
    })
  }
  return { rate: rateOf(where, options.rate), noiseShape, seed: seedOf(where, options) }
}

export function rateOf(where: string, rate: number): number {
  if (rate >= 0 && rate <= 1) return rate
  throw new ArgumentError({ where, expected: "'rate' from 0 to 1", received: String(rate) })
}

function noiseOf(where: string, x: Value, noiseShape: readonly (number | null)[] | null): readonly number[] {
  const shape = staticShape(x.shape, where)
  if (noiseShape === null) return shape
  const noise = noiseShape.map((dim, i) => dim ?? shape[i] ?? 1)
  const fits = noise.length === shape.length && noise.every((dim, i) => dim === 1 || dim === shape[i])
  if (fits) return noise
  throw new ShapeError({
    where,
    expected: `'noiseShape' to broadcast to ${formatShape(shape)}`,
    received: formatShape(noise),
  })
}
