import type { DType } from '../../../core/dtype.ts'
import { ArgumentError } from '../../../core/errors.ts'

/** Declares what a model is fed: shape without the batch axis. */
export interface InputSpec {
  readonly type: 'InputLayer'
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly name?: string | undefined
}

export function input(options: {
  readonly shape: readonly number[]
  readonly dtype?: DType
  readonly name?: string
}): InputSpec {
  if (options.shape.some(dim => !Number.isSafeInteger(dim) || dim < 1)) {
    throw new ArgumentError({
      where: 'input',
      expected: "'shape' to hold positive integers, without the batch axis",
      received: `[${options.shape.join(', ')}]`,
    })
  }
  return { type: 'InputLayer', shape: options.shape, dtype: options.dtype ?? 'float32', name: options.name }
}
