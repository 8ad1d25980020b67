import { ArgumentError } from '../../core/errors.ts'
import { finite, notNegative } from '../serialized.ts'
import { fill, type Initializer, type SeedOption, seedOf, streamOf } from './initializer.ts'

/** Uniform in [minval, maxval). Defaults −0.05 and 0.05. */
export function randomUniform(
  options: { readonly minval?: number; readonly maxval?: number } & SeedOption = {},
): Initializer {
  const { minval = -0.05, maxval = 0.05 } = options
  finite('randomUniform', 'minval', minval)
  finite('randomUniform', 'maxval', maxval)
  if (minval > maxval) {
    throw new ArgumentError({
      where: 'randomUniform',
      expected: "'minval' no larger than 'maxval'",
      received: `${minval} and ${maxval}`,
    })
  }
  const seed = seedOf('randomUniform', options)
  return {
    name: 'randomUniform',
    config: { minval, maxval, seed },
    init(shape, rng) {
      const stream = streamOf(seed, rng)
      return fill(shape, () => minval + (maxval - minval) * stream.uniform())
    },
  }
}

export interface NormalOptions extends SeedOption {
  /** Default 0. */
  readonly mean?: number
  /** Default 0.05. */
  readonly stddev?: number
}

/** Normal distribution. */
export function randomNormal(options: NormalOptions = {}): Initializer {
  const config = normalConfig('randomNormal', options)
  return {
    name: 'randomNormal',
    config,
    init(shape, rng) {
      const stream = streamOf(config.seed, rng)
      return fill(shape, () => config.mean + config.stddev * stream.normal())
    },
  }
}

/** Normal distribution whose values further than two standard deviations from the mean are drawn again. */
export function truncatedNormal(options: NormalOptions = {}): Initializer {
  const config = normalConfig('truncatedNormal', options)
  return {
    name: 'truncatedNormal',
    config,
    init(shape, rng) {
      const stream = streamOf(config.seed, rng)
      return fill(shape, () => config.mean + config.stddev * stream.truncatedNormal())
    },
  }
}

const normalConfig = (where: string, options: NormalOptions) => ({
  mean: finite(where, 'mean', options.mean ?? 0),
  stddev: notNegative(where, 'stddev', options.stddev ?? 0.05),
  seed: seedOf(where, options),
})
