import type { Value } from '../graph/value.ts'
import type { Initializer } from './initializers.ts'

export interface WeightOptions {
  readonly shape: readonly number[]
  readonly initializer: Initializer
  /** Default true. Weights that are not trained change only through `update` (moving statistics). */
  readonly trainable?: boolean
}

/** What a layer may ask for while it is traced. */
export interface LayerScope {
  readonly training: boolean
  /** A weight of this layer: made the first time it is asked for, the same one ever after. Its shape may depend on the input's. */
  weight(name: string, options: WeightOptions): Value
  /** The value that a weight has after this step, for weights that are not trained by gradients. */
  update(name: string, value: Value): void
  /** A key for random bits: differs for each layer and each step, the same when a run is repeated or resumed. */
  randomKey(): Value
}

/**
 * A layer is a function of its input and of the weights it asks for:
 *
 *     const scale: Layer = {
 *       type: 'Scale',
 *       config: {},
 *       call: (x, scope) => mul(x, scope.weight('factor', { shape: [1], initializer: ones() })),
 *     }
 *
 * `call` is traced with a symbolic batch axis when the model is built, and again for each batch size that it trains on.
 */
export interface Layer<C extends object = object> {
  /** Keras's class name; together with `config` it is the serialised form. */
  readonly type: string
  /** Default: the type in snake case, numbered where it repeats in a model. */
  readonly name?: string | undefined
  /** Everything that made this layer, defaults filled in. */
  readonly config: C
  call(x: Value, scope: LayerScope): Value
}
