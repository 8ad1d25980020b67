import { ArgumentError } from '../../../core/errors.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { EncodedBy } from '../../shapes/encoding.ts'
import { oneOf, positiveInt } from '../arguments.ts'
import { type CommonOptions, common } from '../options.ts'
import { type EncodingMode, encoded } from './encode.ts'

export interface CategoryEncodingOptions extends CommonOptions {
  /** Number of categories: inputs are integers below it. */
  readonly numTokens: number
  /** Default multiHot. */
  readonly outputMode?: EncodingMode
}

/**
 * Integers as vectors: `oneHot` for each, `multiHot` for those of a sample, `count` with the number of times. With `count`, a second
 * input holds weights of the first's shape. Integers out of range give zeros, where Keras throws.
 */
export function categoryEncoding<const O extends CategoryEncodingOptions>(
  options: O,
): Layer<EncodedBy<'categoryEncoding', O, 'multiHot', O['numTokens']>> {
  const where = 'categoryEncoding'
  const config = {
    numTokens: positiveInt(where, 'numTokens', options.numTokens),
    outputMode: oneOf(where, 'outputMode', options.outputMode ?? 'multiHot', ['oneHot', 'multiHot', 'count']),
  }
  return makeLayer({
    type: 'CategoryEncoding',
    ...common(where, options),
    config,
    arity: { min: 1, max: 2 },
    call([ids, weights]) {
      if (weights && config.outputMode !== 'count') {
        throw new ArgumentError({ where, expected: "outputMode 'count' for weights", received: config.outputMode })
      }
      return encoded(ids, config.outputMode, config.numTokens, where, weights)
    },
  })
}
