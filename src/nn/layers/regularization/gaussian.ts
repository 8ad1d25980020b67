import { ArgumentError } from '../../../core/errors.ts'
import { staticShape } from '../../../core/shape.ts'
import { scalarLike } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { mul } from '../../../ops/math/mul.ts'
import { randomNormal } from '../../../ops/random/bits.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { type CommonOptions, common } from '../options.ts'
import { type SeedOption, seededKey, seedOf } from '../seeded.ts'

export interface GaussianNoiseOptions extends SeedOption, CommonOptions {
  /** Standard deviation of the noise, from 0 to 1. */
  readonly stddev: number
}

/** In training, adds normal noise of mean 0. */
export function gaussianNoise(options: GaussianNoiseOptions): Layer<SameShape> {
  const where = 'gaussianNoise'
  const { stddev } = options
  if (!(stddev >= 0 && stddev <= 1)) {
    throw new ArgumentError({ where, expected: "'stddev' from 0 to 1", received: String(stddev) })
  }
  const config = { stddev, seed: seedOf(where, options) }
  return makeLayer({
    type: 'GaussianNoise',
    ...common(where, options),
    config,
    masking: 'pass',
    call([x], scope) {
      if (!scope.training || stddev === 0) return x
      const noise = randomNormal(seededKey(scope, config.seed), staticShape(x.shape, where))
      return add(x, mul(noise, scalarLike(stddev, x)))
    },
  })
}

export interface GaussianDropoutOptions extends SeedOption, CommonOptions {
  /** The noise has the variance that dropout at this rate has: rate / (1 − rate). From 0, below 1. */
  readonly rate: number
}

/** In training, multiplies by normal noise of mean 1 (Srivastava et al., "Dropout", 2014, §10). */
export function gaussianDropout(options: GaussianDropoutOptions): Layer<SameShape> {
  const where = 'gaussianDropout'
  const { rate } = options
  // Keras takes 1 too, and then divides by zero.
  if (!(rate >= 0 && rate < 1)) {
    throw new ArgumentError({ where, expected: "'rate' to be at least 0 and below 1", received: String(rate) })
  }
  const config = { rate, seed: seedOf(where, options) }
  return makeLayer({
    type: 'GaussianDropout',
    ...common(where, options),
    config,
    masking: 'pass',
    call([x], scope) {
      if (!scope.training || rate === 0) return x
      const noise = randomNormal(seededKey(scope, config.seed), staticShape(x.shape, where))
      return mul(x, add(mul(noise, scalarLike(Math.sqrt(rate / (1 - rate)), x)), scalarLike(1, x)))
    },
  })
}
