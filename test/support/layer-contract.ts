import { expect } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { batchOf } from '../../src/autodiff/batching.ts'
import { decodeModel } from '../../src/compile/onnx/decode.ts'
import { encodeModel } from '../../src/compile/onnx/encode.ts'
import { type DType, isFloat } from '../../src/core/dtype.ts'
import { Rng } from '../../src/core/rng.ts'
import { fromNumbers, type TensorData } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { type Model, model } from '../../src/index.ts'
import { type AnyLayer, Symbolic } from '../../src/nn/layer.ts'
import * as layers from '../../src/nn/layers/index.ts'
import { layerTypes } from '../../src/nn/layers/registry.ts'
import { applyLayer } from '../../src/nn/make-layer.ts'
import type { Dims } from '../../src/nn/shapes/shape-function.ts'
import { add } from '../../src/ops/math/add.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { Executable } from '../../src/runtime/executable.ts'
import { testEngine, worstError } from './run.ts'

/** What a layer is tried on. */
export interface ContractCase {
  /** Makes the layer; called several times. */
  readonly make: () => AnyLayer
  /** Shapes of the inputs, without the batch axis. */
  readonly inputs: readonly (readonly number[])[]
  readonly dtype?: Exclude<DType, 'string'>
  /** Integer inputs are drawn below this. Default 4. */
  readonly below?: number
  /** Weights' names, in Keras's order. */
  readonly weights?: readonly string[]
  /** The same layer on inputs whose sizes vary where this has null. */
  readonly open?: readonly Dims[]
  /** Why it cannot be made again from its config. */
  readonly notSerializable?: string
  /** Why its call cannot be batched. */
  readonly notBatchable?: string
}

/**
 * What every layer keeps to: symbolic shapes are those that come out, for any batch size; a layer made again from its config, with the
 * same weights, gives the same outputs; so does the exported ONNX model, after its way through bytes; freezing it leaves nothing to
 * train; gradients reach every weight and float input in training; and its call can be batched once more.
 */
export async function checkLayerContract(item: ContractCase): Promise<void> {
  const net = modelOf(item.make(), item.inputs, item)
  if (item.weights) {
    expect(net.network.variables.map(({ path }) => path.slice(path.indexOf('/') + 1))).toEqual(item.weights)
  }
  const predictions: [TensorData[], readonly TensorData[]][] = []
  for (const batch of [1, 3]) {
    const x = draw(item, batch)
    const outputs = await net.predict(x)
    expect(outputs.map(({ shape }) => shape)).toEqual(net.outputs.map(({ shape }) => [batch, ...shape]))
    predictions.push([x, outputs])
  }
  await checkExport(net, predictions)
  if (!item.notSerializable) await checkConfig(item, net, predictions)
  if (item.open) await checkOpen(item, item.open, net, predictions)
  checkGradients(item, net)
  if (!item.notBatchable) await checkBatching(item, net)
}

type Net = Model<readonly Symbolic[]>

function modelOf(layer: AnyLayer, shapes: readonly Dims[], { dtype = 'float32' }: ContractCase): Net {
  const [first, ...rest] = shapes.map(shape => layers.input({ shape, dtype }))
  if (!first) throw new Error('an input')
  const outputs: Symbolic | readonly Symbolic[] = applyLayer(layer, [first, ...rest])
  return model({ inputs: [first, ...rest], outputs: outputs instanceof Symbolic ? [outputs] : outputs, seed: 3 })
}

function draw({ inputs, dtype = 'float32', below = 4 }: ContractCase, batch: number): TensorData[] {
  const rng = new Rng(5)
  const one = () => (isFloat(dtype) ? rng.normal() : Math.floor(rng.uniform() * below))
  return inputs.map(shape => {
    const full = [batch, ...shape]
    return fromNumbers(dtype, full, Array.from({ length: full.reduce((n, dim) => n * dim, 1) }, one))
  })
}

async function checkExport(net: Net, predictions: readonly [TensorData[], readonly TensorData[]][]): Promise<void> {
  const { graph } = decodeModel(encodeModel(net.toGraph()))
  const executable = await Executable.create(graph, testEngine)
  for (const [x, outputs] of predictions) close(await executable.run(x), outputs, 'exported')
}

async function checkConfig(
  item: ContractCase,
  net: Net,
  predictions: readonly [TensorData[], readonly TensorData[]][],
): Promise<void> {
  const layer = item.make()
  const make = layerTypes[layer.type]
  if (!make) throw new Error(`${layer.type} is not in the registry`)
  // Through JSON too, which shows that the config is plain.
  const remade = make(JSON.parse(JSON.stringify(layer.config)) as never)
  expect(remade.config).toEqual(layer.config)
  const again = modelOf(remade, item.inputs, item)
  again.setWeights(net.getWeights())
  for (const [x, outputs] of predictions) close(await again.predict(x), outputs, 'made again')

  const named = make({ ...layer.config, name: 'mine', trainable: false } as never)
  expect(named.name).toBe('mine')
  expect(modelOf(named, item.inputs, item).network.variables.filter(variable => variable.trainable)).toEqual([])
}

async function checkOpen(
  item: ContractCase,
  open: readonly Dims[],
  net: Net,
  predictions: readonly [TensorData[], readonly TensorData[]][],
): Promise<void> {
  const wide = modelOf(item.make(), open, item)
  wide.setWeights(net.getWeights())
  for (const [x, outputs] of predictions) close(await wide.predict(x), outputs, 'of open sizes')
  await checkExport(wide, predictions)
}

/** Traced in training, on static shapes as a step is. */
function checkGradients(item: ContractCase, net: Net): void {
  const { inputs, outputs, weights } = traced(item, net, 2, true)
  const target = outputs
    .filter(({ dtype }) => isFloat(dtype))
    .map(output => reduceSum(output, undefined, { keepdims: 0 }))
    .reduce(add)
  const wanted = [
    ...inputs.filter(({ dtype }) => isFloat(dtype)),
    ...net.network.variables.flatMap((variable, i) => (variable.trainable ? (weights[i] ?? []) : [])),
  ]
  expect(gradientsOf(target, wanted).map(({ shape }) => shape)).toEqual(wanted.map(({ shape }) => shape))
}

function traced({ dtype = 'float32' }: ContractCase, net: Net, batch: number, training: boolean) {
  const { variables } = net.network
  const inputs = net.network.inputs.map(({ shape }) => Value.input({ dtype, shape: [batch, ...shape.map(Number)] }))
  const weights = variables.map(({ shape }) => Value.input({ dtype: 'float32', shape }))
  const { outputs } = net.network.trace(inputs, {
    training,
    weight: variable => weights[variables.indexOf(variable)] ?? Value.constant(variable.value),
  })
  return { inputs, outputs, weights }
}

/** A stack of batches through the batching walk, against one batch after the other. */
async function checkBatching(item: ContractCase, net: Net): Promise<void> {
  const [batch, size] = [2, 3]
  const all = draw(item, batch * size)
  const { inputs, outputs, weights } = traced(item, net, batch, false)
  const stacks = inputs.map(({ dtype, shape }) => Value.input({ dtype, shape: [size, ...shape] }))
  const executable = await Executable.create(
    new Graph({ inputs: [...stacks, ...weights], outputs: batchOf(outputs, inputs, stacks, size) }),
    testEngine,
  )
  const stacked = all.map(tensor => ({ ...tensor, shape: [size, batch, ...tensor.shape.slice(1)] }))
  const results = await executable.run([...stacked, ...net.getWeights()])
  const one = await net.predict(all, { batchSize: batch })
  close(
    results,
    one.map(tensor => ({ ...tensor, shape: [size, batch, ...tensor.shape.slice(1)] })),
    'batched once more',
  )
}

function close(got: readonly TensorData[], want: readonly TensorData[], what: string): void {
  expect(
    got.map(({ shape }) => shape),
    what,
  ).toEqual(want.map(({ shape }) => shape))
  got.forEach((tensor, i) => {
    const other = want[i]
    expect(other && worstError(tensor, other), `${what}, output ${i}`).toBeLessThan(1e-5)
  })
}
