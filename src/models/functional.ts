import { Symbolic } from '../nn/layer.ts'
import { LayerGraph } from '../nn/network.ts'
import type { SymbolicForm } from './forms.ts'
import { Model } from './model.ts'
import { drawnSeed, type ModelOptions } from './sequential.ts'

export interface FunctionalOptions<Outputs extends SymbolicForm, Inputs extends SymbolicForm = SymbolicForm>
  extends ModelOptions {
  /** Tensors made by `input()`: one, a list, or by name. */
  readonly inputs: Inputs
  /** What the model returns: one tensor, a list, or by name. The names are those of the losses, metrics and predictions. */
  readonly outputs: Outputs
}

/**
 * A model of any graph of layers, by what goes in and what comes out:
 *
 *     const image = layers.input({ shape: [28, 28, 1] })
 *     const features = layers.flatten()(image)
 *     const digit = layers.dense({ units: 10, activation: 'softmax' })(features)
 *     const classifier = model({ inputs: image, outputs: digit })
 */
export function model<const Outputs extends SymbolicForm, const Inputs extends SymbolicForm>(
  options: FunctionalOptions<Outputs, Inputs>,
): Model<Outputs, Inputs> {
  const { inputs, outputs, name = 'functional', seed = drawnSeed() } = options
  const network = new LayerGraph(name, listed(inputs), listed(outputs), seed, namesOf(outputs), namesOf(inputs))
  return new Model('Functional', network, inputs, outputs)
}

const listed = (form: SymbolicForm): readonly Symbolic[] =>
  form instanceof Symbolic ? [form] : Array.isArray(form) ? form : Object.values(form)

const namesOf = (form: SymbolicForm): readonly string[] | undefined =>
  form instanceof Symbolic || Array.isArray(form) ? undefined : Object.keys(form)
