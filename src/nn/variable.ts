import { ArgumentError } from '../core/errors.ts'
import type { Rng } from '../core/rng.ts'
import { formatShape, sameShape, sizeOf } from '../core/shape.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { Constraint } from './constraints.ts'
import type { Initializer } from './initializers.ts'
import type { Regularizer } from './regularizers.ts'

export interface WeightOptions {
  readonly shape: readonly number[]
  readonly initializer: Initializer
  /** Default true. Weights that are not trained change only through `update` (moving statistics). */
  readonly trainable?: boolean
  /** True for what Keras does not count as a weight, and its files do not hold: the states of a stateful layer. Default false. */
  readonly transient?: boolean
  readonly regularizer?: Regularizer | undefined
  readonly constraint?: Constraint | undefined
}

/** Somewhere newer values of weights are kept while training runs. */
export interface WeightHolder {
  /** Brings the newer values here, where an engine keeps them in its own memory: `store` needs them here. */
  fetch(): Promise<void>
  /** Brings the weights up to date and lets go of them. */
  store(): void
}

/** A weight of a layer: its present value, shared by all models that the layer is part of. */
export class Weight {
  private present: TensorData<'float32'> | undefined
  /** Who has newer values than this weight itself. */
  holder: WeightHolder | undefined

  constructor(
    readonly name: string,
    readonly options: WeightOptions,
  ) {}

  get shape(): readonly number[] {
    return this.options.shape
  }

  get size(): number {
    return sizeOf(this.shape)
  }

  /** Draws the first value, unless there is one. */
  initialize(rng: Rng): void {
    this.present ??= this.options.initializer.init(this.shape, rng)
  }

  get value(): TensorData<'float32'> {
    this.holder?.store()
    if (this.present) return this.present
    throw new ArgumentError({
      where: `weight '${this.name}'`,
      expected: 'a weight of a model',
      received: 'one of a layer that is not part of any model yet',
      remedy: 'Make the model first: it draws the first values from its seed.',
    })
  }

  set value(value: TensorData<'float32'>) {
    if (!sameShape(value.shape, this.shape)) {
      throw new ArgumentError({
        where: `weight '${this.name}'`,
        expected: `shape ${formatShape(this.shape)}`,
        received: formatShape(value.shape),
      })
    }
    this.holder?.store()
    this.present = value
  }
}

/** Waits until the newest values of weights can be read, wherever they are kept. */
export async function fetchWeights(variables: readonly Variable[]): Promise<void> {
  for (const holder of new Set(variables.map(({ weight }) => weight.holder))) await holder?.fetch()
}

/** A weight as one model sees it: under its path there, and trained or frozen there. */
export class Variable {
  constructor(
    /** `dense_1/kernel`. */
    readonly path: string,
    readonly weight: Weight,
    /** The layers it belongs to, outermost first. One that is frozen freezes it. */
    private readonly owners: readonly { readonly trainable: boolean }[],
  ) {}

  get shape(): readonly number[] {
    return this.weight.shape
  }

  get size(): number {
    return this.weight.size
  }

  /** Changed by gradients: it is meant to be, and no layer around it is frozen. */
  get trainable(): boolean {
    return (this.weight.options.trainable ?? true) && this.owners.every(owner => owner.trainable)
  }

  get initializer(): Initializer {
    return this.weight.options.initializer
  }

  get regularizer(): Regularizer | undefined {
    return this.weight.options.regularizer
  }

  get constraint(): Constraint | undefined {
    return this.weight.options.constraint
  }

  get value(): TensorData<'float32'> {
    return this.weight.value
  }

  set value(value: TensorData<'float32'>) {
    this.weight.value = value
  }
}
