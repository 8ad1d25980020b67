import { ArgumentError } from '../../core/errors.ts'
import { broadcastShapes } from '../../core/shape.ts'
import type { TensorType } from '../../graph/value.ts'
import { requireFloat, requireNumeric, sameDType } from '../infer.ts'

/** Inference rules of Max, Min, Sum and Mean: one or more tensors of one dtype, broadcast together. */

function broadcastAll(where: string, inputs: readonly TensorType[]): TensorType {
  if (inputs.length === 0) throw new ArgumentError({ where, expected: 'at least one input', received: 'none' })
  return { dtype: sameDType(where, ...inputs), shape: broadcastShapes(where, ...inputs.map(input => input.shape)) }
}

export function numericVariadic(where: string, inputs: readonly TensorType[]): TensorType {
  for (const input of inputs) requireNumeric(where, input)
  return broadcastAll(where, inputs)
}

export function floatVariadic(where: string, inputs: readonly TensorType[]): TensorType {
  for (const input of inputs) requireFloat(where, input)
  return broadcastAll(where, inputs)
}
