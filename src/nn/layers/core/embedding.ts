import { isInt } from '../../../core/dtype.ts'
import { DTypeError } from '../../../core/errors.ts'
import { gather } from '../../../ops/index/gather.ts'
import { cast } from '../../../ops/math/cast.ts'
import { type Initializer, type InitializerName, resolveInitializer } from '../../initializers.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { positiveInt } from '../arguments.ts'

export interface EmbeddingOptions {
  /** Number of entries; inputs are integers below it. */
  readonly inputDim: number
  /** Size of each vector. */
  readonly outputDim: number
  readonly embeddingsInitializer?: InitializerName | Initializer
  readonly name?: string
}

/** A learned vector for each integer: [batch, …] of integers → [batch, …, outputDim]. Give the input layer an integer dtype. */
export function embedding(options: EmbeddingOptions): Layer {
  const config = {
    inputDim: positiveInt('embedding', 'inputDim', options.inputDim),
    outputDim: positiveInt('embedding', 'outputDim', options.outputDim),
    embeddingsInitializer: options.embeddingsInitializer ?? 'randomUniform',
  }
  const initializer = resolveInitializer(config.embeddingsInitializer, 'embedding')
  return makeLayer({
    type: 'Embedding',
    name: options.name,
    config,
    call([x], scope) {
      if (!isInt(x.dtype)) {
        throw new DTypeError({
          where: 'embedding',
          expected: 'integers',
          received: x.dtype,
          remedy: "Declare them: layers.input({ shape, dtype: 'int32' }).",
        })
      }
      const table = scope.weight('embeddings', { shape: [config.inputDim, config.outputDim], initializer })
      return gather(table, x.dtype === 'int32' || x.dtype === 'int64' ? x : cast(x, { to: 'int32' }))
    },
  })
}
