import { sizeOf } from '../../core/shape.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import type { Value } from '../../graph/value.ts'
import { exactNumbers, foldedNumbers, ravel, small, unravel } from '../fold.ts'
import { type ReductionAttributes, reducedAxes } from './reduction.ts'

/** Folding rule of a reduction: `combine` over the reduced elements, in order, from `initial` (none: an empty reduction is not folded). */
export function foldReduction(combine: (a: number, b: number) => number, initial?: number) {
  return (
    { x, axes }: { readonly x: Value; readonly axes: Value | undefined },
    attributes: ReductionAttributes,
  ): TensorData | undefined => {
    const data = small(x)
    const numbers = exactNumbers(data)
    if (!data || !numbers || (axes && !axes.constant)) return undefined
    const reduced = new Set(reducedAxes('fold', data.shape.length, axes, attributes))
    const kept = data.shape.map((dim, i) => (reduced.has(i) ? 1 : dim))
    const sums: (number | undefined)[] = new Array(sizeOf(kept)).fill(initial)
    numbers.forEach((number, i) => {
      const at = ravel(
        unravel(i, data.shape).map((place, axis) => (reduced.has(axis) ? 0 : place)),
        kept,
      )
      const before = sums[at]
      sums[at] = before === undefined ? number : combine(before, number)
    })
    const known = sums.filter(sum => sum !== undefined)
    const shape = attributes.keepdims ? kept : data.shape.filter((_, i) => !reduced.has(i))
    return known.length === sums.length ? foldedNumbers(data.dtype, shape, known) : undefined
  }
}
