import type { DType } from '../../../core/dtype.ts'
import { ArgumentError } from '../../../core/errors.ts'
import { Value } from '../../../graph/value.ts'
import { Symbolic } from '../../layer.ts'
import type { Dims } from '../../shapes/shape-function.ts'

export interface InputOptions<S extends Dims> {
  /** Sizes of one sample, without the batch axis; `null` for an axis whose size varies. */
  readonly shape: S
  /** Default float32. */
  readonly dtype?: DType
  /** Fixed number of samples in a batch, for layers that keep state from batch to batch. */
  readonly batchSize?: number
  readonly name?: string
}

/** Declares what a model is fed: a symbolic tensor to apply layers to, or the head of `sequential`. */
export function input<const S extends Dims>({
  shape,
  dtype = 'float32',
  batchSize,
  name,
}: InputOptions<S>): Symbolic<S> {
  if (shape.some(dim => dim !== null && (!Number.isSafeInteger(dim) || dim < 1))) {
    throw new ArgumentError({
      where: 'input',
      expected: "'shape' to hold positive integers, or null where a size varies, without the batch axis",
      received: `[${shape.join(', ')}]`,
    })
  }
  if (batchSize !== undefined && (!Number.isSafeInteger(batchSize) || batchSize < 1))
    throw new ArgumentError({
      where: 'input',
      expected: "'batchSize' to be a positive integer",
      received: String(batchSize),
    })
  const value = Value.input(
    { dtype, shape: [batchSize ?? 'batch', ...shape.map((dim, i) => dim ?? `dim_${i + 1}`)] },
    name,
  )
  return new Symbolic(shape, value, undefined, { input: { name, dtype, shape, batchSize } })
}
