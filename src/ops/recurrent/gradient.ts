import { isFloat } from '../../core/dtype.ts'
import type { Walks } from '../../graph/operator.ts'
import type { Value } from '../../graph/value.ts'
import { nondiff } from '../define.ts'
import type { RecurrentValues } from './unfold.ts'

/** Gradients by input name, through outputs that equal the operator's. */
export function gradientsThrough(
  inputs: RecurrentValues,
  equal: readonly Value[],
  grads: readonly (Value | undefined)[],
  walks: Walks,
) {
  const floats = Object.values(inputs).filter((value: Value | undefined) => value !== undefined && isFloat(value.dtype))
  const found = walks.gradients(equal, grads, floats)
  const of = (value: Value | undefined): Value | undefined => value && found.get(value)
  return {
    x: of(inputs.x),
    w: of(inputs.w),
    r: of(inputs.r),
    b: of(inputs.b),
    sequence_lens: nondiff('lengths are integers'),
    initial_h: of(inputs.initial_h),
    initial_c: of(inputs.initial_c),
    p: of(inputs.p),
  }
}
