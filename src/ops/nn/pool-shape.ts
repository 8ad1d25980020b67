import type { Node } from '../../graph/node.ts'
import type { Batched } from '../../graph/operator.ts'
import type { TensorType, Value } from '../../graph/value.ts'
import { attr } from '../define.ts'
import { foldBatch, unfoldBatch } from './conv-batching.ts'
import {
  countedSize,
  spatialShape,
  type WindowAttributes,
  type WindowAxis,
  windowAttrs,
  windowAxes,
} from './conv-shape.ts'

/** What the pooling operators share. */

export const poolAttrs = { ...windowAttrs, ceil_mode: attr.int(0), kernel_shape: attr.required.ints() }

export interface PoolAttributes extends WindowAttributes {
  readonly ceil_mode: number
  readonly kernel_shape: readonly number[]
}

/** How the window moves over x. */
export const poolAxes = (where: string, x: TensorType, attributes: PoolAttributes): WindowAxis[] =>
  windowAxes(where, spatialShape(where, x), attributes.kernel_shape, attributes, attributes.ceil_mode === 1)

/** [N, C, …positions]. */
export function pooledType(where: string, x: TensorType, attributes: PoolAttributes): TensorType {
  const axes = poolAxes(where, x, attributes)
  return { dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...axes.map(axis => axis.output)] }
}

/** vmap of an operator over [N, C, …] that treats examples alike: the batch axis joins them. */
export function foldExamples<A>(
  { x }: { readonly x: Batched },
  {
    call,
    attributes,
    size,
  }: {
    readonly call: (inputs: { readonly x: Value }, attributes: A) => Value
    readonly attributes: A
    readonly size: number
  },
): Value {
  return unfoldBatch(call({ x: foldBatch(x.value) }, attributes), size)
}

/** One operation per element of the window and position. */
export function poolFlops(node: Node): number {
  const kernel = node.attributes['kernel_shape']
  return countedSize(node.outputs[0]?.shape ?? []) * (kernel?.kind === 'ints' ? countedSize(kernel.value) : 1)
}
