import { ArgumentError, DTypeError } from '../../core/errors.ts'
import { type Dim, type Shape, sameShape } from '../../core/shape.ts'
import type { Graph } from '../../graph/graph.ts'
import type { TensorType } from '../../graph/value.ts'

/** What the control-flow operators share: types through bodies. */

/** A type that fits both: dimensions that differ become symbols. `undefined` when the ranks differ or one is unknown. */
export function joinTypes(
  where: string,
  a: TensorType | undefined,
  b: TensorType | undefined,
  symbol: string,
): TensorType | undefined {
  if (!a || !b) return undefined
  if (a.dtype !== b.dtype)
    throw new DTypeError({ where, expected: `one dtype on every path (${a.dtype})`, received: b.dtype })
  if (a.shape.length !== b.shape.length) return undefined
  if (sameShape(a.shape, b.shape)) return a
  return { dtype: a.dtype, shape: a.shape.map((dim, i): Dim => (dim === b.shape[i] ? dim : `${symbol}_${i}`)) }
}

/** A body must take as many inputs as the node hands it. */
export function checkBody(where: string, name: string, body: Graph, inputs: number, leastOutputs: number): void {
  if (body.inputs.length === inputs && body.outputs.length >= leastOutputs) return
  throw new ArgumentError({
    where,
    expected: `a '${name}' with ${inputs} inputs and at least ${leastOutputs} outputs`,
    received: `${body.inputs.length} inputs and ${body.outputs.length} outputs`,
  })
}

/** A stacked type: `length` pieces of `type` along `axis`. */
export const stacked = (type: TensorType | undefined, length: Dim, axis = 0): TensorType | undefined =>
  type && { dtype: type.dtype, shape: [...type.shape.slice(0, axis), length, ...type.shape.slice(axis)] }

/** The shape without one axis. */
export const without = (shape: Shape, axis: number): Shape => [...shape.slice(0, axis), ...shape.slice(axis + 1)]
