import { normalizeAxis } from '../../core/shape.ts'
import type { Batched } from '../../graph/operator.ts'
import type { TensorType, Value } from '../../graph/value.ts'
import { ints } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { countedSize } from './conv-shape.ts'

const attrs = { axis: attr.int(-1) }

/** exp(xᵢ) / Σ exp(xⱼ) along an axis: probabilities from logits. The engine subtracts the maximum first, so nothing overflows. */
export const softmax: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Softmax',
  since: 13,
  inputs: ['x'],
  attrs,
  infer: alongAxis('Softmax'),
  // dx = (dy − Σ dy·y)·y, read from y alone.
  vjp: (_, y, dy, { axis }) => {
    const weighted = mul(dy, y)
    return { x: sub(weighted, mul(reduceSum(weighted, ints([axis])), y)) }
  },
  batch: batchAlongAxis,
  samples: [{ x: [3, 4] }, { x: [2, 3, 4], attrs: { axis: 1 } }, { x: [2, 3], attrs: { axis: 0 } }, { x: [5] }],
  // Maximum, difference, exponential, sum, quotient.
  traits: { flops: node => 5 * countedSize(node.outputs[0]?.shape ?? []) },
})

/** Same type as the input; the axis must exist. */
export function alongAxis(where: string) {
  return ({ x }: { readonly x: TensorType }, { axis }: { readonly axis: number }): TensorType => {
    requireFloat(where, x)
    normalizeAxis(axis, x.shape.length, where)
    return x
  }
}

/** vmap of an operator along one axis: the batch axis in front moves a non-negative axis by one. */
export function batchAlongAxis<A extends { readonly axis: number }>(
  { x }: { readonly x: Batched },
  {
    call,
    attributes,
  }: { readonly call: (inputs: { readonly x: Value }, attributes: A) => Value; readonly attributes: A },
): Value {
  const { axis } = attributes
  return call({ x: x.value }, { ...attributes, axis: axis < 0 ? axis : axis + 1 })
}
