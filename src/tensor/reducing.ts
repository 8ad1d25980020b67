import type { Value } from '../graph/value.ts'
import { ints } from '../ops/constants.ts'
import { reshapeTo } from '../ops/shape/reshape.ts'

export interface ReduceOptions {
  /** Axis or axes to reduce; all of them by default. */
  readonly axis?: number | readonly number[]
  /** Keeps reduced axes, with size 1. */
  readonly keepdims?: boolean
}

export interface ArgOptions {
  readonly axis?: number
  readonly keepdims?: boolean
}

type Reduction = (
  x: Value,
  axes: Value | undefined,
  attributes: { readonly keepdims: number; readonly noop_with_empty_axes: number },
) => Value
type ArgReduction = (x: Value, attributes: { readonly axis: number; readonly keepdims: number }) => Value

export function reduce(reduction: Reduction, x: Value, { axis, keepdims = false }: ReduceOptions): Value {
  const axes = axis === undefined ? undefined : ints(typeof axis === 'number' ? [axis] : axis)
  // An empty list reduces nothing, as in NumPy.
  return reduction(x, axes, { keepdims: keepdims ? 1 : 0, noop_with_empty_axes: axes ? 1 : 0 })
}

export function argReduce(reduction: ArgReduction, x: Value, { axis, keepdims = false }: ArgOptions): Value {
  if (axis !== undefined) return reduction(x, { axis, keepdims: keepdims ? 1 : 0 })
  const found = reduction(reshapeTo(x, [-1]), { axis: 0, keepdims: 0 })
  return keepdims
    ? reshapeTo(
        found,
        x.shape.map(() => 1),
      )
    : found
}
