import { ArgumentError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, scalar } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { mul } from '../../../ops/math/mul.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { type CommonOptions, common } from '../options.ts'

export interface RescalingOptions extends CommonOptions {
  /** A factor, or one for each element of the last axis. */
  readonly scale: number | readonly number[]
  /** Added afterwards. Default 0. */
  readonly offset?: number | readonly number[]
}

/** x · scale + offset, as float32: `{ scale: 1 / 255 }` brings pixels into [0, 1]. */
export function rescaling(options: RescalingOptions): Layer<SameShape> {
  const where = 'rescaling'
  const config = {
    scale: checked(where, 'scale', options.scale),
    offset: checked(where, 'offset', options.offset ?? 0),
  }
  return makeLayer({
    type: 'Rescaling',
    ...common(where, options),
    config,
    masking: 'pass',
    call: ([x]) => {
      const real = x.dtype === 'float32' ? x : cast(x, { to: 'float32' })
      return add(mul(real, factor(config.scale)), factor(config.offset))
    },
  })
}

const factor = (value: number | readonly number[]): Value =>
  typeof value === 'number' ? scalar(value) : constant(value)

function checked(where: string, name: string, value: number | readonly number[]): number | readonly number[] {
  const all = typeof value === 'number' ? [value] : value
  if (Array.isArray(all) && all.length > 0 && all.every(Number.isFinite)) return value
  throw new ArgumentError({
    where,
    expected: `'${name}' to be a number or a list of them`,
    received: JSON.stringify(value),
  })
}
