import { isFloat } from '../core/dtype.ts'
import type { Walks } from '../graph/operator.ts'
import type { Value } from '../graph/value.ts'

/**
 * Gradients of an operator by those of what it stands for: `equal` are its outputs made of other operators. Fused kernels keep none of
 * their intermediate values, so the expansion computes them again, and being made of operators it has gradients of every order.
 * Integers get none; an input that is named twice gets its whole gradient under the first name.
 */
export function gradientsThrough<Inputs extends Readonly<Record<string, Value | undefined>>>(
  inputs: Inputs,
  equal: readonly (Value | undefined)[],
  grads: readonly (Value | undefined)[],
  walks: Walks,
): { readonly [Name in keyof Inputs]: Value | undefined } {
  const floats = Object.values(inputs).filter(value => value !== undefined && isFloat(value.dtype))
  const unique = [...new Set(floats)].flatMap(value => (value ? [value] : []))
  const found = walks.gradients(
    equal.flatMap(output => (output ? [output] : [])),
    equal.flatMap((output, i) => (output ? [grads[i]] : [])),
    unique,
  )
  const open = new Set(unique)
  const entries = Object.entries(inputs).map(([name, value]) => [
    name,
    value && open.delete(value) ? found.get(value) : undefined,
  ])
  // The names are those of the inputs.
  return Object.fromEntries(entries) as { readonly [Name in keyof Inputs]: Value | undefined }
}
