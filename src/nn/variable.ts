import type { TensorData } from '../core/tensor-data.ts'
import type { Initializer } from './initializers.ts'

/** A weight of a model: what it is, and its present value. */
export class Variable {
  constructor(
    /** `dense_1/kernel`. */
    readonly path: string,
    readonly shape: readonly number[],
    readonly trainable: boolean,
    readonly initializer: Initializer,
    public value: TensorData<'float32'>,
  ) {}

  get size(): number {
    return this.value.data.length
  }
}
