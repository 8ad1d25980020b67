import { ArgumentError } from '../../../core/errors.ts'
import { scalarLike } from '../../../ops/constants.ts'
import { gather } from '../../../ops/index/gather.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { not } from '../../../ops/logic/not.ts'
import { cast } from '../../../ops/math/cast.ts'
import { div } from '../../../ops/math/div.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'
import { mul } from '../../../ops/math/mul.ts'
import { tanh } from '../../../ops/math/tanh.ts'
import { swapLast } from '../../../ops/shape/transpose.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { ThereAndBack } from '../../shapes/functions.ts'
import { positiveInt } from '../arguments.ts'
import { common, weightRules } from '../options.ts'
import type { EmbeddingOptions } from './embedding.ts'

export interface ReversibleEmbeddingOptions
  extends Omit<EmbeddingOptions, 'loraRank' | 'loraAlpha' | 'activityRegularizer' | 'inputLength'> {
  /** The way back uses the table itself, transposed. Default true; else a weight of its own. */
  readonly tieWeights?: boolean
  /** Logits are squeezed smoothly between ± this: cap · tanh(logits / cap). Default none. */
  readonly logitSoftCap?: number | null
}

/**
 * An embedding that also leads back: called with `{ reverse: true }` it takes vectors […, outputDim] to logits over the entries
 * […, inputDim]. By default both ways share the table (Press & Wolf, "Using the Output Embedding to Improve Language Models", 2016).
 */
export function reversibleEmbedding<const N extends number, const D extends number>(
  options: ReversibleEmbeddingOptions & { readonly inputDim: N; readonly outputDim: D },
): Layer<ThereAndBack<N, D, 'reversibleEmbedding'>> {
  const where = 'reversibleEmbedding'
  const config = {
    inputDim: positiveInt(where, 'inputDim', options.inputDim),
    outputDim: positiveInt(where, 'outputDim', options.outputDim),
    tieWeights: options.tieWeights ?? true,
    embeddingsInitializer: options.embeddingsInitializer ?? 'randomUniform',
    embeddingsRegularizer: options.embeddingsRegularizer ?? null,
    embeddingsConstraint: options.embeddingsConstraint ?? null,
    maskZero: options.maskZero ?? false,
    logitSoftCap: options.logitSoftCap ?? null,
  }
  const { inputDim, outputDim, tieWeights, logitSoftCap: cap } = config
  if (cap !== null && !(cap > 0))
    throw new ArgumentError({ where, expected: "'logitSoftCap' to be a positive number", received: String(cap) })
  const rules = weightRules(
    where,
    config.embeddingsInitializer,
    config.embeddingsRegularizer,
    config.embeddingsConstraint,
  )
  const back = weightRules(where, config.embeddingsInitializer)
  return makeLayer({
    type: 'ReversibleEmbedding',
    ...common(where, options),
    config,
    masking: ([x], { options: { reverse }, masks: [mask] }) =>
      reverse === true ? mask : config.maskZero ? not(equal(x, scalarLike(0, x))) : undefined,
    call([x], scope) {
      const table = scope.weight('embeddings', { shape: [inputDim, outputDim], ...rules })
      const reversed = tieWeights
        ? undefined
        : scope.weight('reverse_embeddings', { shape: [outputDim, inputDim], ...back })
      if (scope.options['reverse'] !== true)
        return gather(table, x.dtype === 'int32' || x.dtype === 'int64' ? x : cast(x, { to: 'int32' }))
      const logits = matMul(x, reversed ?? swapLast(table))
      return cap === null ? logits : mul(tanh(div(logits, scalarLike(cap, logits))), scalarLike(cap, logits))
    },
  })
}
