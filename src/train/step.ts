import { gradientsOf, vjpOf } from '../autodiff/backward.ts'
import type { DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import { Graph } from '../graph/graph.ts'
import { Value } from '../graph/value.ts'
import type { AnyLayer } from '../nn/layer.ts'
import { layerKey } from '../nn/layer-key.ts'
import type { Network, Trace } from '../nn/network.ts'
import type { Variable } from '../nn/variable.ts'
import { constant, scalarLike } from '../ops/constants.ts'
import { add } from '../ops/math/add.ts'
import { augmented } from './augment.ts'
import { decodeInput, type InputFormat } from './batch.ts'
import { type CustomObjective, lossesOf, metricSlab, type Objective } from './objective.ts'
import { optimizerStep } from './optimize.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import { type Precision, traceIn } from './precision.ts'
import type { Slab } from './state.ts'

/** What is trained, and how. */
export interface Recipe {
  readonly network: Network
  /** One for each output of the network. */
  readonly objectives: readonly Objective[]
  /** Replaces the sum of the outputs' losses. */
  readonly custom?: CustomObjective | undefined
  readonly optimizer: Optimizer
  /** Changes the input and target of each batch that is trained on: a layer of both. */
  readonly augmentation?: AnyLayer | undefined
  /** Default float32. */
  readonly precision?: Precision
  /** Layers, by path, whose activations are dropped after the forward pass and computed again for the backward pass. */
  readonly rematerialize?: (path: string) => boolean
  /** The weights that gradients train; the others are frozen, or change by themselves. */
  readonly trained: readonly Variable[]
}

export interface ColumnType {
  readonly dtype: DType
  /** Without the batch axis. */
  readonly shape: readonly number[]
}

/** The types of one batch. */
export interface BatchTypes {
  readonly size: number
  readonly inputs: readonly (ColumnType & { readonly format: InputFormat })[]
  /** One for each output; none where it has no loss. */
  readonly targets: readonly (ColumnType | undefined)[]
  /** Weights of samples, where they were given. */
  readonly sampleWeights: readonly (ColumnType | undefined)[]
}

/** A graph that takes a batch and a state and gives the next state. Inputs: inputs, targets, weights, then the slabs' views; outputs: the loss, then the slabs. */
export interface StepProgram {
  readonly graph: Graph
  readonly slabs: readonly Slab[]
}

/** Forward, loss, backward, clipping, update and metrics in one graph. */
export function trainProgram(recipe: Recipe, types: BatchTypes): StepProgram {
  const { network, objectives, optimizer, trained } = recipe
  const counter = Value.input({ dtype: 'int64', shape: [2] }, 'counter') // [finished steps, seed]
  const batch = augmented(recipe.augmentation, batchInputs(network, types), counter)
  const weights = weightInputs()
  const trace = traceIn(recipe.precision, network, batch.decoded, {
    training: true,
    weight: weights.of,
    key: path => layerKey(counter, path),
    ...(recipe.rematerialize ? { rematerialize: recipe.rematerialize } : {}),
  })
  const losses = lossesOf(recipe, trace, batch)
  if (trained.length === 0)
    throw new ArgumentError({ where: network.name, expected: 'at least one trainable weight', received: 'none' })
  const optimization = optimizerStep(
    optimizer,
    trained.map(variable => ({ variable, input: weights.of(variable) })),
    counter,
    trace.updates,
  )
  const scaled = optimization.scaled(losses.total)
  const gradients = vjpOf([scaled], [scalarLike(1, scaled)], trained.map(weights.of))
  if (!gradients.some(gradient => gradient !== undefined))
    throw new ArgumentError({
      where: network.name,
      expected: 'a loss that depends on at least one trainable weight',
      received: 'none that does',
    })
  const slabs = [
    counterSlab(counter),
    ...optimization.apply(gradients),
    ...untrained(recipe, trace, weights.of),
    metricSlab(objectives, trace, batch, losses, types.size),
  ]
  return assemble('train', batch.all, slabs, [losses.total])
}

/** Forward, loss and metrics. */
export function evaluateProgram(recipe: Recipe, types: BatchTypes): StepProgram {
  const { network, objectives } = recipe
  const batch = batchInputs(network, types)
  const weights = weightInputs()
  const trace = traceIn(recipe.precision, network, batch.decoded, { training: false, weight: weights.of })
  const losses = lossesOf(recipe, trace, batch)
  const state = network.variables.map(variable => kept(variable, trace, weights.of))
  return assemble(
    'evaluate',
    batch.all,
    [...state, metricSlab(objectives, trace, batch, losses, types.size)],
    [losses.total],
  )
}

/** Forward only. Inputs: the network's, then its weights; outputs: the predictions, then the weights that the layers update themselves. */
export function predictProgram(
  network: Network,
  inputs: readonly { readonly shape: Shape; readonly format: InputFormat }[],
): { readonly graph: Graph; readonly updated: readonly Variable[] } {
  const raw = inputs.map(({ shape, format }, i) =>
    Value.input({ dtype: format.dtype, shape }, network.inputs[i]?.name ?? 'input'),
  )
  const weights = weightInputs()
  const decoded = raw.map((value, i) => decodeInput(value, inputs[i]?.format, network.inputs[i]?.dtype ?? value.dtype))
  const { outputs, updates } = network.trace(decoded, { training: false, weight: weights.of })
  const updated = [...updates.keys()]
  return {
    updated,
    graph: new Graph({
      name: network.name,
      inputs: [...raw, ...network.variables.map(weights.of)],
      outputs: [...outputs, ...updates.values()],
      outputNames: [...network.outputs.map(({ name }) => name), ...updated.map(({ path }) => `${path}:next`)],
    }),
  }
}

/** Forward and backward with every layer's output and every gradient as an output: slow, to find where numbers went bad. */
export function diagnosisProgram(
  recipe: Recipe,
  types: BatchTypes,
  counterValue: Value,
): { graph: Graph; labels: readonly string[] } {
  const { network, trained } = recipe
  const batch = augmented(recipe.augmentation, batchInputs(network, types), counterValue)
  const weights = weightInputs()
  const trace = traceIn(recipe.precision, network, batch.decoded, {
    training: true,
    weight: weights.of,
    key: path => layerKey(counterValue, path),
  })
  const { total } = lossesOf(recipe, trace, batch)
  const gradients = gradientsOf(total, trained.map(weights.of))
  const several = network.inputs.length > 1
  return {
    graph: new Graph({
      name: 'diagnosis',
      inputs: [...batch.all, ...network.variables.map(weights.of)],
      outputs: [...batch.decoded, ...trace.activations.map(({ value }) => value), total, ...gradients],
    }),
    labels: [
      ...network.inputs.map(({ name }) => (several ? `the input '${name}'` : 'the input')),
      ...trace.activations.map(({ path }) => `the output of layer '${path}'`),
      'the loss',
      ...trained.map(({ path }) => `the gradient of '${path}'`),
    ],
  }
}

function batchInputs(network: Network, { size, inputs, targets, sampleWeights }: BatchTypes) {
  const column = (type: ColumnType, name: string) =>
    Value.input({ dtype: type.dtype, shape: [size, ...type.shape] }, name)
  const numbered = (name: string, i: number, count: number) => (count === 1 ? name : `${name}_${i}`)
  const raw = inputs.map((type, i) => column(type, numbered('x', i, inputs.length)))
  const y = targets.map((type, i) => type && column(type, numbered('y', i, targets.length)))
  const w = sampleWeights.map((type, i) => type && column(type, numbered('sample_weight', i, targets.length)))
  return {
    decoded: raw.map((value, i) => decodeInput(value, inputs[i]?.format, network.inputs[i]?.dtype ?? value.dtype)),
    targets: y,
    sampleWeights: w,
    all: [...raw, ...y, ...w].filter(value => value !== undefined),
  }
}

/** One graph input per weight, made when first asked for. */
function weightInputs() {
  const inputs = new Map<Variable, Value>()
  return {
    of: (variable: Variable): Value => {
      const known = inputs.get(variable) ?? Value.input({ dtype: 'float32', shape: variable.shape }, variable.path)
      inputs.set(variable, known)
      return known
    },
  }
}

const counterSlab = (counter: Value): Slab => ({
  name: 'counter',
  dtype: 'int64',
  length: 2,
  views: [{ input: counter, offset: 0, shape: [2] }],
  output: { value: add(counter, constant([1, 0], [2], 'int64')), shape: [2] },
  inPlace: false, // random bits read it throughout the step
})

function readOnly(variable: Variable, input: (variable: Variable) => Value): Slab {
  return {
    name: `weights:${variable.path}`,
    dtype: 'float32',
    length: variable.size,
    views: [{ input: input(variable), offset: 0, shape: variable.shape, variable }],
    output: undefined,
    inPlace: false,
    resident: true,
  }
}

/** A weight that gradients do not train: moving statistics and other state that layers update, or one that nobody changes. */
function kept(variable: Variable, { updates }: Trace, input: (variable: Variable) => Value): Slab {
  const next = updates.get(variable)
  return { ...readOnly(variable, input), ...(next ? { output: { value: next, shape: variable.shape } } : {}) }
}

const untrained = ({ network, trained }: Recipe, trace: Trace, input: (variable: Variable) => Value): Slab[] =>
  network.variables.filter(variable => !trained.includes(variable)).map(variable => kept(variable, trace, input))

function assemble(name: string, batch: readonly Value[], slabs: readonly Slab[], first: readonly Value[]): StepProgram {
  const graph = new Graph({
    name,
    inputs: [...batch, ...slabs.flatMap(slab => slab.views.map(view => view.input))],
    outputs: [...first, ...slabs.flatMap(slab => (slab.output ? [slab.output.value] : []))],
  })
  return { graph, slabs }
}
