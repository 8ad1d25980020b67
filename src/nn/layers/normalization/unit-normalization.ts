import { ints, scalarLike } from '../../../ops/constants.ts'
import { div } from '../../../ops/math/div.ts'
import { max } from '../../../ops/math/max.ts'
import { sqrt } from '../../../ops/math/sqrt.ts'
import { reduceSumSquare } from '../../../ops/reduce/reduce-sum-square.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { type CommonOptions, common } from '../options.ts'
import { type AxisOption, axesOf, axisOption } from './affine.ts'

export interface UnitNormalizationOptions extends CommonOptions {
  /** The axis or axes that make up one vector. Default −1. */
  readonly axis?: AxisOption
}

/** Scales vectors to length 1. Those shorter than 1e-12, zeros among them, are left short. */
export function unitNormalization(options: UnitNormalizationOptions = {}): Layer<SameShape> {
  const where = 'unitNormalization'
  const config = { axis: axisOption(where, options.axis ?? -1) }
  return makeLayer({
    type: 'UnitNormalization',
    ...common(where, options),
    config,
    masking: 'pass',
    call([x]) {
      const squares = reduceSumSquare(x, ints(axesOf(where, config.axis, x)))
      return div(x, sqrt(max([squares, scalarLike(1e-24, x)])))
    },
  })
}
