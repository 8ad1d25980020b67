import { gradientsOf } from '../autodiff/backward.ts'
import type { DType } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { Graph } from '../graph/graph.ts'
import { withScope } from '../graph/scope.ts'
import { Value } from '../graph/value.ts'
import type { Loss } from '../nn/losses.ts'
import type { Metric } from '../nn/metrics.ts'
import type { Network, Trace } from '../nn/network.ts'
import type { Variable } from '../nn/variable.ts'
import { constant, ints, scalar } from '../ops/constants.ts'
import { add } from '../ops/math/add.ts'
import { cast } from '../ops/math/cast.ts'
import { mul } from '../ops/math/mul.ts'
import { reduceMean } from '../ops/reduce/reduce-mean.ts'
import { concat } from '../ops/shape/concat.ts'
import { reshape } from '../ops/shape/reshape.ts'
import { slice } from '../ops/shape/slice.ts'
import { decodeInput, type InputFormat } from './batch.ts'
import { clipGradients } from './gradients.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import { rateAt } from './schedules/schedule.ts'
import type { Slab, View } from './state.ts'
import { applyOptimizer, type Trained } from './update.ts'

/** What is trained, and how. */
export interface Recipe {
  readonly network: Network
  readonly loss: Loss
  readonly metrics: readonly Metric[]
  readonly optimizer: Optimizer
}

/** The types of one batch. */
export interface BatchTypes {
  readonly size: number
  readonly input: InputFormat
  readonly target: { readonly dtype: DType; readonly shape: readonly number[] }
}

/** A graph that takes a batch and a state and gives the next state. Inputs: x, y, then the slabs' views; outputs: the loss, then the slabs. */
export interface StepProgram {
  readonly graph: Graph
  readonly slabs: readonly Slab[]
}

/** Forward, loss, backward, clipping, update and metrics in one graph. */
export function trainProgram(recipe: Recipe, batch: BatchTypes): StepProgram {
  const { network, loss, metrics, optimizer } = recipe
  const { x, y } = batchInputs(network, batch)
  const counter = Value.input({ dtype: 'int64', shape: [2] }, 'counter') // [finished steps, seed]
  const weights = weightInputs()
  const trace = network.trace(decodeInput(x, batch.input, network.inputDType), {
    training: true,
    weight: weights.of,
    key: path => layerKey(counter, path),
  })
  const lossValue = withScope('loss', () => meanLoss(loss, y, trace))

  const trainable = network.variables.filter(variable => variable.trainable)
  if (trainable.length === 0)
    throw new ArgumentError({ where: network.name, expected: 'at least one trainable weight', received: 'none' })
  const gradients = clipGradients(gradientsOf(lossValue, trainable.map(weights.of)), optimizer)
  const trained = trainable.map(
    (variable, i): Trained => ({ variable, input: weights.of(variable), gradient: gradients[i] ?? lossValue }),
  )
  const updates = withScope('optimizer', () => {
    const step = cast(reshape(slice(counter, ints([0]), ints([1])), ints([])), { to: 'float32' })
    return applyOptimizer(optimizer, trained, optimizer.coefficients(rateAt(optimizer.learningRate, step), step))
  })

  const slabs = [
    counterSlab(counter),
    ...updates.weights,
    ...updates.slots,
    ...untrained(network, trace, weights.of),
    metricSlab(metrics, y, trace.output, lossValue, batch.size),
  ]
  return assemble('train', x, y, slabs, [lossValue])
}

/** Forward, loss and metrics. */
export function evaluateProgram(recipe: Recipe, batch: BatchTypes): StepProgram {
  const { network, loss, metrics } = recipe
  const { x, y } = batchInputs(network, batch)
  const weights = weightInputs()
  const trace = network.trace(decodeInput(x, batch.input, network.inputDType), { training: false, weight: weights.of })
  const lossValue = withScope('loss', () => meanLoss(loss, y, trace))
  const fixed = network.variables.map(variable => readOnly(variable, weights.of))
  return assemble(
    'evaluate',
    x,
    y,
    [...fixed, metricSlab(metrics, y, trace.output, lossValue, batch.size)],
    [lossValue],
  )
}

/** Forward only. Inputs: x, then the weights; output: the prediction. */
export function predictProgram(network: Network, size: number | string, input: InputFormat): Graph {
  const x = Value.input({ dtype: input.dtype, shape: [size, ...network.inputShape] }, 'input')
  const weights = weightInputs()
  const { output } = network.trace(decodeInput(x, input, network.inputDType), { training: false, weight: weights.of })
  return new Graph({
    name: network.name,
    inputs: [x, ...network.variables.map(weights.of)],
    outputs: [output],
    outputNames: ['output'],
  })
}

/** Forward and backward with every layer's output and every gradient as an output: slow, to find where numbers went bad. */
export function diagnosisProgram(
  recipe: Recipe,
  batch: BatchTypes,
  counterValue: Value,
): { graph: Graph; labels: readonly string[] } {
  const { network, loss } = recipe
  const { x, y } = batchInputs(network, batch)
  const weights = weightInputs()
  const decoded = decodeInput(x, batch.input, network.inputDType)
  const trace = network.trace(decoded, {
    training: true,
    weight: weights.of,
    key: path => layerKey(counterValue, path),
  })
  const lossValue = meanLoss(loss, y, trace)
  const trainable = network.variables.filter(variable => variable.trainable)
  const gradients = gradientsOf(lossValue, trainable.map(weights.of))
  return {
    graph: new Graph({
      name: 'diagnosis',
      inputs: [x, y, ...network.variables.map(weights.of)],
      outputs: [decoded, ...trace.activations.map(({ value }) => value), lossValue, ...gradients],
    }),
    labels: [
      'the input',
      ...trace.activations.map(({ path }) => `the output of layer '${path}'`),
      'the loss',
      ...trainable.map(({ path }) => `the gradient of '${path}'`),
    ],
  }
}

function batchInputs(network: Network, { size, input, target }: BatchTypes) {
  return {
    x: Value.input({ dtype: input.dtype, shape: [size, ...network.inputShape] }, 'x'),
    y: Value.input({ dtype: target.dtype, shape: [size, ...target.shape] }, 'y'),
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

const meanLoss = (loss: Loss, y: Value, { output }: Trace): Value =>
  reduceMean(loss.call(y, output), undefined, { keepdims: 0 })

/** A layer's random key: its own number and the step's, so that every layer and step draws anew, and a repeated step the same. */
function layerKey(counter: Value, path: string): Value {
  let hash = 0x811c9dc5 // FNV-1a
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193)
  return add(counter, constant([0, hash >>> 1], [2], 'int64'))
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
  }
}

/** Weights that gradients do not train: moving statistics, and what nobody changes. */
function untrained(network: Network, { updates }: Trace, input: (variable: Variable) => Value): Slab[] {
  return network.variables
    .filter(variable => !variable.trainable)
    .map(variable => {
      const next = updates.get(variable)
      return { ...readOnly(variable, input), ...(next ? { output: { value: next, shape: variable.shape } } : {}) }
    })
}

/** The running loss and all metrics' accumulators, end to end. */
function metricSlab(metrics: readonly Metric[], y: Value, output: Value, loss: Value, batch: number): Slab {
  const views: View[] = []
  const results: Value[] = []
  let length = 0
  const take = (name: string, shape: readonly number[]): Value => {
    const input = Value.input({ dtype: 'float32', shape }, name)
    views.push({ input, offset: length, shape })
    length += shape.reduce((n, dim) => n * dim, 1)
    return input
  }
  const give = (value: Value) => results.push(reshape(value, ints([-1])))
  withScope('metrics', () => {
    give(add(take('loss:total', []), mul(loss, scalar(batch))))
    give(add(take('loss:count', []), scalar(batch)))
    for (const metric of metrics) {
      const state = metric.state.map((shape, i) => take(`${metric.name}:${i}`, shape))
      metric.update(state, y, output).forEach(give)
    }
  })
  return {
    name: 'metrics',
    dtype: 'float32',
    length,
    views,
    output: { value: concat(results, { axis: 0 }), shape: [length] },
    inPlace: false,
  }
}

function assemble(name: string, x: Value, y: Value, slabs: readonly Slab[], first: readonly Value[]): StepProgram {
  const graph = new Graph({
    name,
    inputs: [x, y, ...slabs.flatMap(slab => slab.views.map(view => view.input))],
    outputs: [...first, ...slabs.flatMap(slab => (slab.output ? [slab.output.value] : []))],
  })
  return { graph, slabs }
}
