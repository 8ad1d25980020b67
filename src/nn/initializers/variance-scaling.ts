import { ArgumentError } from '../../core/errors.ts'
import { normalizeAxis } from '../../core/shape.ts'
import { positive } from '../serialized.ts'
import { fill, type Initializer, type SeedOption, seedOf, streamOf } from './initializer.ts'

const modes = ['fanIn', 'fanOut', 'fanAvg'] as const
const distributions = ['uniform', 'truncatedNormal', 'untruncatedNormal'] as const

export interface FanOptions extends SeedOption {
  /** Axes whose sizes multiply to the fan-in, together with `outputAxes`; null for Keras's rule (see `computeFans`). */
  readonly inputAxes?: readonly number[] | null
  readonly outputAxes?: readonly number[] | null
}

export interface VarianceScalingOptions extends FanOptions {
  /** Default 1. */
  readonly scale?: number
  /** What the scale is divided by: inputs, outputs, or their mean. Default 'fanIn'. */
  readonly mode?: (typeof modes)[number]
  /** 'normal' is another name for 'truncatedNormal', the default. */
  readonly distribution?: (typeof distributions)[number] | 'normal'
}

/** Variance scale / n for n inputs, outputs or their mean, so that signals keep their size from layer to layer. */
export function varianceScaling(options: VarianceScalingOptions = {}): Initializer {
  const { scale = 1, mode = 'fanIn' } = options
  const given = options.distribution ?? 'truncatedNormal'
  const distribution = given === 'normal' ? 'truncatedNormal' : given
  positive('varianceScaling', 'scale', scale)
  oneOf('mode', mode, modes)
  oneOf('distribution', distribution, distributions)
  const fans = fanConfig('varianceScaling', options)
  return {
    ...scaled(scale, mode, distribution, fans),
    name: 'varianceScaling',
    config: { scale, mode, distribution, ...fans },
  }
}

/** Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010. */
export const glorotUniform = (options: FanOptions = {}): Initializer =>
  named('glorotUniform', 1, 'fanAvg', 'uniform', options)
export const glorotNormal = (options: FanOptions = {}): Initializer =>
  named('glorotNormal', 1, 'fanAvg', 'truncatedNormal', options)
/** He et al., "Delving Deep into Rectifiers", 2015. */
export const heUniform = (options: FanOptions = {}): Initializer => named('heUniform', 2, 'fanIn', 'uniform', options)
export const heNormal = (options: FanOptions = {}): Initializer =>
  named('heNormal', 2, 'fanIn', 'truncatedNormal', options)
/** LeCun et al., "Efficient BackProp", 1998. */
export const lecunUniform = (options: FanOptions = {}): Initializer =>
  named('lecunUniform', 1, 'fanIn', 'uniform', options)
export const lecunNormal = (options: FanOptions = {}): Initializer =>
  named('lecunNormal', 1, 'fanIn', 'truncatedNormal', options)

type FanConfig = Readonly<Required<FanOptions>>

function named(
  name: string,
  scale: number,
  mode: (typeof modes)[number],
  distribution: (typeof distributions)[number],
  options: FanOptions,
): Initializer {
  const config = fanConfig(name, options)
  return { ...scaled(scale, mode, distribution, config), name, config }
}

/** Standard deviation of a standard normal cut off at ±2, by which Keras corrects its truncated draws. */
const truncatedStddev = 0.87962566103423978

function scaled(
  scale: number,
  mode: (typeof modes)[number],
  distribution: (typeof distributions)[number],
  { seed, inputAxes, outputAxes }: FanConfig,
): Pick<Initializer, 'init'> {
  return {
    init(shape, rng) {
      const { fanIn, fanOut } = computeFans(shape, inputAxes, outputAxes)
      const fan = mode === 'fanIn' ? fanIn : mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2
      const variance = scale / Math.max(1, fan)
      const stream = streamOf(seed, rng)
      if (distribution === 'uniform') {
        const limit = Math.sqrt(3 * variance)
        return fill(shape, () => limit * (2 * stream.uniform() - 1))
      }
      if (distribution === 'untruncatedNormal') {
        const stddev = Math.sqrt(variance)
        return fill(shape, () => stddev * stream.normal())
      }
      const stddev = Math.sqrt(variance) / truncatedStddev
      return fill(shape, () => stddev * stream.truncatedNormal())
    },
  }
}

/**
 * How many inputs an output has, and how many outputs an input: the products of the sizes along the given axes; without them,
 * for a kernel [...window, in, out], window size × in and × out; for a vector, its length.
 */
export function computeFans(
  shape: readonly number[],
  inputAxes: readonly number[] | null = null,
  outputAxes: readonly number[] | null = null,
): { readonly fanIn: number; readonly fanOut: number } {
  const product = (sizes: readonly (number | undefined)[]): number => sizes.reduce<number>((n, dim = 1) => n * dim, 1)
  if (inputAxes && outputAxes) {
    const along = (axes: readonly number[]): number =>
      product(axes.map(axis => shape[normalizeAxis(axis, shape.length, 'fans')]))
    return { fanIn: along(inputAxes), fanOut: along(outputAxes) }
  }
  if (shape.length < 2) return { fanIn: shape[0] ?? 1, fanOut: shape[0] ?? 1 }
  const window = product(shape.slice(0, -2))
  return { fanIn: window * (shape.at(-2) ?? 1), fanOut: window * (shape.at(-1) ?? 1) }
}

function fanConfig(where: string, options: FanOptions): FanConfig {
  const axes = (name: string, given: readonly number[] | null = null): readonly number[] | null => {
    if (given === null || (Array.isArray(given) && given.every(axis => Number.isSafeInteger(axis)))) return given
    throw new ArgumentError({ where, expected: `'${name}' to be a list of axes or null`, received: String(given) })
  }
  return {
    seed: seedOf(where, options),
    inputAxes: axes('inputAxes', options.inputAxes),
    outputAxes: axes('outputAxes', options.outputAxes),
  }
}

function oneOf(name: string, given: string, allowed: readonly string[]): void {
  if (allowed.includes(given)) return
  throw new ArgumentError({
    where: 'varianceScaling',
    expected: `'${name}' to be one of ${allowed.map(item => `'${item}'`).join(', ')}`,
    received: `'${given}'`,
  })
}
