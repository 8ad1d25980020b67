import { sizeOf } from '../../../core/shape.ts'
import { scalarLike } from '../../../ops/constants.ts'
import { mul } from '../../../ops/math/mul.ts'
import { bernoulliMask } from '../../../ops/random/bits.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { fraction } from '../arguments.ts'

/**
 * Srivastava et al., "Dropout", 2014: in training, sets a share `rate` of the elements to 0 and scales the others by 1 / (1 − rate).
 * The masks come from the run's seed and step, so that a repeated or resumed run draws the same ones.
 */
export function dropout(options: { readonly rate: number; readonly name?: string }): Layer {
  const rate = fraction('dropout', 'rate', options.rate)
  return makeLayer({
    type: 'Dropout',
    name: options.name,
    config: { rate },
    masking: 'pass',
    call([x], scope) {
      if (!scope.training || rate === 0) return x
      const kept = bernoulliMask(
        scope.randomKey(),
        x.shape.map(dim => sizeOf([dim])),
        1 - rate,
      )
      return mul(x, mul(kept, scalarLike(1 / (1 - rate), x)))
    },
  })
}
