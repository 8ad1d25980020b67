import { normalizeAxis } from '../../core/shape.ts'
import type { Batched } from '../../graph/operator.ts'
import type { Value } from '../../graph/value.ts'

/** Batching rule of one-input operators with an attribute `axis`: a batch axis in front moves it by one. */
export function batchAxis<R, A extends { readonly axis: number }>(
  { x }: { readonly x: Batched },
  { call, attributes }: { readonly call: (inputs: { readonly x: Value }, attributes: A) => R; readonly attributes: A },
): R {
  const axis = normalizeAxis(attributes.axis, x.value.shape.length - 1, 'vmap') + 1
  return call({ x: x.value }, { ...attributes, axis })
}
