import { ArgumentError } from '../core/errors.ts'
import { fromNested, isTensorData, type Nested } from '../core/nested.ts'
import { formatShape, sameShape } from '../core/shape.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { Variable } from '../nn/variable.ts'

/** Sets all variables, in their order. Nothing is set unless everything fits. */
export function setValues(variables: readonly Variable[], weights: readonly (TensorData | Nested)[]): void {
  if (weights.length !== variables.length) {
    throw new ArgumentError({
      where: 'setWeights',
      expected: `${variables.length} weights`,
      received: `${weights.length}`,
    })
  }
  const given = weights.map((weight, i) =>
    isTensorData(weight) ? weight : fromNested(weight, 'float32', variables[i]?.path ?? 'weight'),
  )
  for (const [i, variable] of variables.entries()) {
    const weight = given[i]
    if (weight?.dtype !== 'float32' || !sameShape(weight.shape, variable.shape)) {
      throw new ArgumentError({
        where: `setWeights, ${variable.path}`,
        expected: `float32${formatShape(variable.shape)}`,
        received: weight ? `${weight.dtype}${formatShape(weight.shape)}` : 'nothing',
      })
    }
  }
  for (const [i, variable] of variables.entries()) {
    const data = given[i]?.data
    if (data instanceof Float32Array) variable.value = { dtype: 'float32', shape: variable.shape, data: data.slice() }
  }
}
