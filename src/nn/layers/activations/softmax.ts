import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape, normalizeAxes } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { greater } from '../../../ops/logic/greater.ts'
import { where } from '../../../ops/logic/where.ts'
import { exp } from '../../../ops/math/exp.ts'
import { sub } from '../../../ops/math/sub.ts'
import { softmax as softmaxOf } from '../../../ops/nn/softmax.ts'
import { reduceLogSumExp } from '../../../ops/reduce/reduce-log-sum-exp.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { type CommonOptions, common } from '../options.ts'

export interface SoftmaxOptions extends CommonOptions {
  /** The axis, or axes, along which the outputs sum to 1. Default −1. */
  readonly axis?: number | readonly number[]
}

/**
 * eˣ / Σ eˣ along an axis or several. A second input is a mask that broadcasts to the first (bool, or numbers that count above ½):
 * what it leaves out gets 0. Without one, the mask that comes with the input is used, as in Keras.
 */
export function softmax(options: SoftmaxOptions = {}): Layer<SameShape> {
  const { axis = -1 } = options
  const axes = typeof axis === 'number' ? [axis] : axis
  if (axes.length === 0 || !axes.every(one => Number.isSafeInteger(one))) {
    throw new ArgumentError({
      where: 'softmax',
      expected: "'axis' to be an axis or a list of axes",
      received: JSON.stringify(axis),
    })
  }
  return makeLayer({
    type: 'Softmax',
    ...common('softmax', options),
    config: { axis },
    arity: { min: 1, max: 2 },
    masking: 'pass',
    call: ([x, given], scope) => maskedSoftmax(x, axes, given ?? scope.masks[0]),
  })
}

/** Softmax over axes; where the mask is false the result is 0. */
export function maskedSoftmax(x: Value, axes: readonly number[], given: Value | undefined): Value {
  if (!given) return along(x, axes)
  const mask = given.dtype === 'bool' ? given : greater(given, scalarLike(0.5, given))
  if (mask.shape.length > x.shape.length) {
    throw new ShapeError({
      where: 'softmax',
      expected: `a mask that broadcasts to ${formatShape(x.shape)}`,
      received: formatShape(mask.shape),
    })
  }
  const kept = along(where(mask, x, scalarLike(-1e9, x)), axes)
  return where(mask, kept, scalarLike(0, x))
}

function along(x: Value, axes: readonly number[]): Value {
  const [axis = -1, ...others] = normalizeAxes(axes, x.shape.length, 'softmax')
  return others.length === 0 ? softmaxOf(x, { axis }) : exp(sub(x, reduceLogSumExp(x, ints([axis, ...others]))))
}
