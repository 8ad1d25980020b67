import type { TensorData } from '../core/tensor-data.ts'
import { Symbolic } from '../nn/layer.ts'

/** Symbolic tensors that a model was made of: one, a list, or by name. */
export type SymbolicForm = Symbolic | readonly Symbolic[] | Readonly<Record<string, Symbolic>>

/** What a model predicts: one tensor, or tensors in the form its outputs were given in. */
export type Prediction<Outputs> = Outputs extends Symbolic ? TensorData : { readonly [K in keyof Outputs]: TensorData }

/** Results in the form of a model's outputs. */
export function inFormOf<Outputs extends SymbolicForm>(
  form: Outputs,
  results: readonly TensorData[],
): Prediction<Outputs> {
  const named = () => Object.fromEntries(Object.keys(form).map((name, i) => [name, results[i]]))
  // One, a list or a record: TypeScript does not follow a conditional type through the conditions.
  return (form instanceof Symbolic ? results[0] : Array.isArray(form) ? results : named()) as Prediction<Outputs>
}
