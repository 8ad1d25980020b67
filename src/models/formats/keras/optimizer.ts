import { FormatError } from '../../../core/errors.ts'
import { sizeOf } from '../../../core/shape.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../../core/tensor-data.ts'
import type { Variable } from '../../../nn/variable.ts'
import type { OptimizerMemory } from '../../../train/optimizer-memory.ts'
import { type Optimizer, resolveOptimizer } from '../../../train/optimizers/index.ts'
import type { Model } from '../../model.ts'
import type { H5Group } from '../hdf5/read.ts'
import type { H5GroupToWrite } from '../hdf5/write.ts'
import { weightHolders } from './places.ts'
import { texts } from './weights.ts'

/**
 * What optimizers remember, in the order of Keras's `optimizer.variables`: finished steps, the learning rate, running averages of
 * weights, sums of gradients, then slots, in blocks. Within a block each weight has its slots one after the other.
 */
const blocks: Readonly<Record<string, readonly (readonly string[])[]>> = {
  sgd: [['momentum']],
  adam: [['m', 'v'], ['vMax']],
  adamW: [['m', 'v'], ['vMax']],
  rmsprop: [['square'], ['momentum'], ['mean']],
  adagrad: [['accumulator']],
  adadelta: [['square', 'change']],
  adamax: [['m', 'u']],
  nadam: [['m', 'v']],
  ftrl: [['accumulator', 'linear']],
  lion: [['m']],
  lamb: [['m', 'v']],
  muon: [['m', 'v']],
}

/** One of Keras's variables that belongs to a weight. */
interface Place {
  readonly variable: Variable
  readonly slot: string
}

interface Layout {
  /** The rate is a variable, not a schedule. */
  readonly rate: boolean
  readonly places: readonly Place[]
  /** How many numbers all weights share; they come last. */
  readonly shared: number
}

/** Undefined for optimizers that Keras does not have, or whose variables it keeps in another form: these start anew. */
function layoutOf(model: Model): Layout | undefined {
  const { compileOptions } = model
  if (!compileOptions) return undefined
  const optimizer: Optimizer = resolveOptimizer(compileOptions.optimizer ?? 'rmsprop')
  const slots = blocks[optimizer.name]
  if (!slots || optimizer.members || optimizer.lossScaling) return undefined
  const byWeight = new Map(model.network.variables.map(variable => [variable.weight, variable]))
  const trained = weightHolders(model).flatMap(({ weights }) =>
    weights.flatMap(({ weight }) => {
      const variable = byWeight.get(weight)
      return variable?.trainable ? [variable] : []
    }),
  )
  const block = (names: readonly string[], kept: (variable: Variable) => readonly string[]): Place[] =>
    trained.flatMap(variable => names.filter(name => kept(variable).includes(name)).map(slot => ({ variable, slot })))
  const all = (name: string): Place[] => block([name], () => [name])
  return {
    rate: typeof optimizer.learningRate === 'number',
    places: [
      ...(optimizer.useEma ? all('average') : []),
      ...(optimizer.gradientAccumulationSteps === undefined ? [] : all('gradients')),
      ...slots.flatMap(names => block(names, variable => optimizer.ruleFor(variable).slots.map(({ name }) => name))),
    ],
    shared: optimizer.shared?.slots.length ?? 0,
  }
}

/** What a compiled model's optimizer remembers, as a list of Keras's variables; undefined before it was ever at work. */
function variablesOf(model: Model): TensorData[] | undefined {
  const [layout, memory] = [layoutOf(model), model.optimizerMemory]
  if (!layout || !memory) return undefined
  const slots = layout.places.flatMap(({ variable, slot }): TensorData[] => {
    const data = memory.weights.get(variable.weight)?.get(slot)
    return data ? [{ dtype: 'float32', shape: variable.shape, data: Float32Array.from(data) }] : []
  })
  if (slots.length < layout.places.length) return undefined
  return [
    fromNumbers('int64', [], [memory.steps]),
    ...(layout.rate ? [fromNumbers('float32', [], [memory.learningRate ?? 0])] : []),
    ...slots,
    ...memory.shared.map(value => fromNumbers('float32', [], [value])),
  ]
}

/**
 * The group `optimizer` of a `.keras` file. An `.h5` file has none: Keras 3.15 reads it into an optimizer of no weights, which then
 * refuses to train.
 */
export function optimizerGroup(model: Model): H5GroupToWrite | undefined {
  const variables = variablesOf(model)
  if (!variables) return undefined
  const members = Object.fromEntries(variables.map((data, i) => [String(i), { data }]))
  return { members: { vars: { members, attributes: { name: 'optimizer' } } } }
}

/**
 * Gives the optimizer of a model that was just compiled what it remembered when the file was written. As in Keras, an optimizer
 * with other variables than the file has starts anew.
 *
 * @throws {FormatError} where as many variables as expected have other shapes.
 */
export async function readOptimizer(model: Model, root: H5Group, where: string): Promise<void> {
  const layout = layoutOf(model)
  const stored = layout && (await storedVariables(root))
  if (!layout || !stored) return
  const first = layout.rate ? 2 : 1
  if (stored.length !== first + layout.places.length + layout.shared) return
  const weights = new Map<Variable['weight'], Map<string, Float32Array>>()
  for (const [i, { variable, slot }] of layout.places.entries()) {
    const tensor = stored[first + i]
    if (!tensor || sizeOf(tensor.shape) !== variable.size)
      throw new FormatError({
        where: `${where}, variable ${first + i} of the optimizer`,
        expected: `${variable.size} numbers, for '${variable.path}'`,
        received: String(tensor ? sizeOf(tensor.shape) : 0),
        remedy: 'Read the model with { compile: false }, and compile it yourself.',
      })
    const own = weights.get(variable.weight) ?? new Map<string, Float32Array>()
    weights.set(variable.weight, own.set(slot, Float32Array.from(toNumbers(tensor))))
  }
  const number = (tensor: TensorData | undefined): number => (tensor ? Number(toNumbers(tensor)[0]) : 0)
  const memory: OptimizerMemory = {
    steps: number(stored[0]),
    learningRate: layout.rate ? number(stored[1]) : undefined,
    shared: stored.slice(first + layout.places.length).map(number),
    weights,
  }
  model.restoreOptimizer(memory)
}

async function storedVariables(root: H5Group): Promise<TensorData[] | undefined> {
  if (root.has('optimizer/vars')) {
    const group = root.group('optimizer/vars')
    const count = group.names.filter(name => /^\d+$/.test(name)).length
    return Promise.all(Array.from({ length: count }, (_, i) => group.dataset(String(i)).read()))
  }
  if (!root.has('optimizer_weights')) return undefined
  const group = root.group('optimizer_weights')
  return Promise.all((texts(group, 'weight_names') ?? []).map(name => group.dataset(name).read()))
}
