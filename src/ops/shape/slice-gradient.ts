import { staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { ints, scalarLike } from '../constants.ts'
import { concat } from './concat.ts'
import { expand } from './expand.ts'
import { pad } from './pad.ts'
import { reshapeTo } from './reshape.ts'
import { type SlicedAxis, slice } from './slice.ts'

/**
 * The adjoint of Slice: `dy` back in place in a zero tensor of x's shape. Steps are undone first (reversed if negative,
 * spread out by interleaving zeros), then the rest is padding.
 */
export function sliceGradient(dy: Value, x: Value, sliced: readonly SlicedAxis[]): Value {
  const target = staticShape(x.shape, 'gradient of Slice')
  const before = target.map(() => 0)
  const after = target.map(() => 0)
  let grad = dy
  for (const { axis, start, step, length } of sliced) {
    const size = target[axis] ?? 0
    if (length === 0) {
      before[axis] = size
      continue
    }
    if (step < 0) grad = slice(grad, ints([-1]), ints([-(2 ** 31)]), ints([axis]), ints([-1]))
    const stride = Math.abs(step)
    if (stride > 1 && length > 1) grad = spread(grad, axis, length, stride)
    const first = step > 0 ? start : start + step * (length - 1)
    before[axis] = first
    after[axis] = size - first - ((length - 1) * stride + 1)
  }
  if (before.every(n => n === 0) && after.every(n => n === 0)) return grad
  return pad(grad, ints([...before, ...after]), scalarLike(0, dy))
}

/** Puts stride − 1 zeros between neighbours along an axis: length n → (n − 1)·stride + 1. */
function spread(x: Value, axis: number, length: number, stride: number): Value {
  const shape = [...staticShape(x.shape, 'gradient of Slice')]
  const inner = shape.slice(axis + 1)
  const column = reshapeTo(x, [...shape.slice(0, axis), length, 1, ...inner])
  const gap = expand(scalarLike(0, x), ints([...shape.slice(0, axis), length, stride - 1, ...inner]))
  const wide = reshapeTo(concat([column, gap], { axis: axis + 1 }), [
    ...shape.slice(0, axis),
    length * stride,
    ...inner,
  ])
  return slice(wide, ints([0]), ints([(length - 1) * stride + 1]), ints([axis]))
}
