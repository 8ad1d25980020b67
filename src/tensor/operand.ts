import { type DType, isFloat } from '../core/dtype.ts'
import { DTypeError } from '../core/errors.ts'
import { fromNumbers } from '../core/tensor-data.ts'
import { Value } from '../graph/value.ts'
import { leafOf } from './source.ts'
import { isTracing } from './tracing.ts'

/**
 * A JavaScript number (or boolean) as a scalar of a dtype. Eagerly it is fed like any tensor, so that a loop in which it changes
 * shares one session; in a traced function it is a constant, which the runtime can fold and fuse.
 */
export function scalarOperand(value: number | boolean, dtype: DType, where: string): Value {
  if (dtype === 'string' || (dtype === 'bool') !== (typeof value === 'boolean')) {
    throw new DTypeError({
      where,
      expected: `an operand for a ${dtype} tensor`,
      received: `the ${typeof value} ${value}`,
      remedy: 'Cast the tensor, or pass a tensor.',
    })
  }
  if (!isFloat(dtype) && typeof value === 'number' && !Number.isInteger(value)) {
    throw new DTypeError({
      where,
      expected: `an integer, for a ${dtype} tensor`,
      received: String(value),
      remedy: "Cast the tensor first, e.g. with cast('float32').",
    })
  }
  const data = fromNumbers(dtype, [], [Number(value)])
  return isTracing() ? Value.constant(data) : leafOf(data)
}
