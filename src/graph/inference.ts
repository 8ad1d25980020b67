import { DTypeError, ShapeError, TenonError } from '../core/errors.ts'
import { isStatic } from '../core/shape.ts'
import type { Attributes } from './attribute.ts'
import type { Operator } from './operator.ts'
import type { TensorType, Value } from './value.ts'

/**
 * Output types by an operator's rule, for graphs that were not made by calling operators (decoded ones). Where the rule
 * cannot tell, because sizes are symbolic or an input that it needs is known only when the graph runs, the answer is
 * `undefined`. Throws the operator's own typed error when shapes or dtypes contradict it.
 */
export function inferTypes(
  operator: Operator,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes,
  outputCount?: number,
): readonly (TensorType | undefined)[] | undefined {
  if (inputs.some(value => value && !value.type)) return undefined
  try {
    return operator.infer(inputs, attributes, outputCount)
  } catch (error) {
    if (!(error instanceof TenonError)) throw error
    const contradiction = error instanceof ShapeError || error instanceof DTypeError
    if (contradiction && inputs.every(value => !value?.type || isStatic(value.type.shape))) throw error
    return undefined
  }
}
