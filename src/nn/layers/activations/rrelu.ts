import { ArgumentError } from '../../../core/errors.ts'
import { staticShape } from '../../../core/shape.ts'
import { scalarLike } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { mul } from '../../../ops/math/mul.ts'
import { leakyRelu } from '../../../ops/nn/leaky-relu.ts'
import { pRelu } from '../../../ops/nn/p-relu.ts'
import { randomUniform } from '../../../ops/random/bits.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { type CommonOptions, common } from '../options.ts'
import { type SeedOption, seededKey, seedOf } from '../seeded.ts'

export interface RreluOptions extends SeedOption, CommonOptions {
  /** Smallest slope below 0. Default 1/8. */
  readonly lower?: number
  /** Largest slope below 0. Default 1/3. */
  readonly upper?: number
}

/**
 * Xu et al., "Empirical Evaluation of Rectified Activations in Convolutional Network", 2015: x above 0, slope · x below, the slope
 * drawn for each element in training and the mean of both bounds otherwise. Not part of Keras; bounds as in PyTorch.
 */
export function rrelu(options: RreluOptions = {}): Layer<SameShape> {
  const config = { lower: options.lower ?? 1 / 8, upper: options.upper ?? 1 / 3, seed: seedOf('rrelu', options) }
  const { lower, upper, seed } = config
  if (!(lower >= 0 && lower <= upper && Number.isFinite(upper))) {
    throw new ArgumentError({ where: 'rrelu', expected: "0 ≤ 'lower' ≤ 'upper'", received: `${lower} and ${upper}` })
  }
  return makeLayer({
    type: 'RReLU',
    ...common('rrelu', options),
    config,
    masking: 'pass',
    call([x], scope) {
      if (!scope.training) return leakyRelu(x, { alpha: (lower + upper) / 2 })
      const drawn = cast(randomUniform(seededKey(scope, seed), staticShape(x.shape, 'rrelu')), { to: x.dtype })
      return pRelu(x, add(mul(drawn, scalarLike(upper - lower, x)), scalarLike(lower, x)))
    },
  })
}
