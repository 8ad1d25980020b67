import { normalizeAxes, type Shape, staticShape } from '../../core/shape.ts'
import type { Node } from '../../graph/node.ts'
import type { Batched } from '../../graph/operator.ts'
import type { Value } from '../../graph/value.ts'
import { ints, requireInts } from '../constants.ts'
import { expand } from '../shape/expand.ts'
import { reshapeTo } from '../shape/reshape.ts'

/** What all reductions share: axes as an optional constant input, keepdims, and how gradients and batch axes pass. */

export interface ReductionAttributes {
  readonly keepdims: number
  readonly noop_with_empty_axes: number
}

/** The axes a reduction reduces, normalised; none under `noop_with_empty_axes`. */
export function reducedAxes(
  where: string,
  rank: number,
  axes: Value | undefined,
  { noop_with_empty_axes }: ReductionAttributes,
): number[] {
  const listed = axes === undefined ? [] : requireInts(axes, where, 'axes')
  if (listed.length > 0) return normalizeAxes(listed, rank, where)
  return noop_with_empty_axes ? [] : normalizeAxes(undefined, rank, where)
}

export function reducedShape(where: string, x: Value, axes: Value | undefined, attributes: ReductionAttributes): Shape {
  const reduced = new Set(reducedAxes(where, x.shape.length, axes, attributes))
  return x.shape.flatMap((dim, i) => (reduced.has(i) ? (attributes.keepdims ? [1] : []) : [dim]))
}

/** A reduced value with its reduced axes back as size 1, so that it broadcasts against `x`. */
export function keepReduced(y: Value, x: Value, axes: Value | undefined, attributes: ReductionAttributes): Value {
  if (attributes.keepdims) return y
  const reduced = new Set(reducedAxes('gradient of a reduction', x.shape.length, axes, attributes))
  return reshapeTo(
    y,
    staticShape(
      x.shape.map((dim, i) => (reduced.has(i) ? 1 : dim)),
      'gradient of a reduction',
    ),
  )
}

/** A reduced value repeated along its reduced axes to the shape of `x`. */
export const expandReduced = (y: Value, x: Value, axes: Value | undefined, attributes: ReductionAttributes): Value =>
  expand(keepReduced(y, x, axes, attributes), ints(staticShape(x.shape, 'gradient of a reduction')))

/** Reduces the same logical axes, which a batch axis in front moves by one. */
export function batchReduction<A extends ReductionAttributes>(
  { x, axes }: { readonly x: Batched; readonly axes: Batched | undefined },
  {
    call,
    attributes,
  }: {
    readonly call: (inputs: { readonly x: Value; readonly axes: Value | undefined }, attributes: A) => Value
    readonly attributes: A
  },
): Value {
  const reduced = reducedAxes('vmap of a reduction', x.value.shape.length - 1, axes?.value, attributes)
  if (reduced.length === 0) return call({ x: x.value, axes: undefined }, { ...attributes, noop_with_empty_axes: 1 })
  return call({ x: x.value, axes: ints(reduced.map(axis => axis + 1)) }, attributes)
}

/** Operations of a reduction: one for each element that it reads (symbolic dimensions count as 1). */
export function inputSize(node: Node): number {
  return node.inputs[0]?.shape.reduce<number>((size, dim) => size * (typeof dim === 'number' ? dim : 1), 1) ?? 0
}
