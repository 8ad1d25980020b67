import { scalarLike } from '../../../ops/constants.ts'
import { gather } from '../../../ops/index/gather.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { not } from '../../../ops/logic/not.ts'
import { cast } from '../../../ops/math/cast.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { Appended } from '../../shapes/functions.ts'
import { positiveInt } from '../arguments.ts'
import { adapted, type LoraOptions, loraOf } from '../lora.ts'
import {
  activityPenalty,
  type CommonOptions,
  type ConstraintOption,
  common,
  type InitializerOption,
  type RegularizerOption,
  weightRules,
} from '../options.ts'

export interface EmbeddingOptions extends CommonOptions, LoraOptions {
  /** Number of entries; inputs are integers below it. */
  readonly inputDim: number
  /** Size of each vector. */
  readonly outputDim: number
  readonly embeddingsInitializer?: InitializerOption
  readonly embeddingsRegularizer?: RegularizerOption
  readonly activityRegularizer?: RegularizerOption
  readonly embeddingsConstraint?: ConstraintOption
  /** 0 stands for a step that does not count: the output has a mask that says so. Default false. */
  readonly maskZero?: boolean
  /** Of former versions of Keras; has no effect, as in Keras 3. */
  readonly inputLength?: number | null
}

/**
 * A learned vector for each integer: [batch, …] of integers → [batch, …, outputDim]. Inputs of another dtype are cast to integers.
 */
export function embedding<const D extends number>(
  options: EmbeddingOptions & { readonly outputDim: D },
): Layer<Appended<D>> {
  const config = {
    inputDim: positiveInt('embedding', 'inputDim', options.inputDim),
    outputDim: positiveInt('embedding', 'outputDim', options.outputDim),
    embeddingsInitializer: options.embeddingsInitializer ?? 'randomUniform',
    embeddingsRegularizer: options.embeddingsRegularizer ?? null,
    activityRegularizer: options.activityRegularizer ?? null,
    embeddingsConstraint: options.embeddingsConstraint ?? null,
    maskZero: options.maskZero ?? false,
    loraRank: options.loraRank ?? null,
    loraAlpha: options.loraAlpha ?? null,
  }
  const { inputDim, outputDim, embeddingsInitializer, embeddingsRegularizer, embeddingsConstraint } = config
  const rules = weightRules('embedding', embeddingsInitializer, embeddingsRegularizer, embeddingsConstraint)
  const penalized = activityPenalty('embedding', config.activityRegularizer)
  const lora = loraOf('embedding', config, rules)
  const shape = [inputDim, outputDim]
  return makeLayer({
    type: 'Embedding',
    ...common('embedding', options),
    config,
    masking: ([x]) => (config.maskZero ? not(equal(x, scalarLike(0, x))) : undefined),
    call([x], scope) {
      const table = scope.weight('embeddings', { shape, ...rules, trainable: !lora })
      const entries = adapted(scope, 'embeddings', table, shape, lora, rules)
      return penalized(
        scope,
        gather(entries, x.dtype === 'int32' || x.dtype === 'int64' ? x : cast(x, { to: 'int32' })),
      )
    },
  })
}
