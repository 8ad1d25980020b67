import { ArgumentError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { not } from '../../../ops/logic/not.ts'
import { where } from '../../../ops/logic/where.ts'
import { reduceMax } from '../../../ops/reduce/reduce-max.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { type CommonOptions, common } from '../options.ts'

export interface MaskingOptions extends CommonOptions {
  /** Steps that hold nothing but this value are masked. Default 0. */
  readonly maskValue?: number
}

/** Masks the steps of [batch, steps, …, features] whose features all equal `maskValue`, and sets them to 0. */
export function masking(options: MaskingOptions = {}): Layer<SameShape> {
  const { maskValue = 0 } = options
  if (typeof maskValue !== 'number') {
    throw new ArgumentError({ where: 'masking', expected: "'maskValue' to be a number", received: String(maskValue) })
  }
  const kept = (x: Value, keepdims: 0 | 1) =>
    reduceMax(not(equal(x, scalarLike(maskValue, x))), ints([-1]), { keepdims })
  return makeLayer({
    type: 'Masking',
    ...common('masking', options),
    config: { maskValue },
    masking: ([x]) => kept(x, 0),
    call: ([x]) => where(kept(x, 1), x, scalarLike(0, x)),
  })
}
