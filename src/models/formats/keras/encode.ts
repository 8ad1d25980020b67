import { ArgumentError, UnsupportedError } from '../../../core/errors.ts'
import { isTensorData } from '../../../core/nested.ts'
import type { AnyLayer, LayerCall, Symbolic } from '../../../nn/layer.ts'
import { dataOf, dataOption } from '../../../nn/layers/augmentation/data.ts'
import { snakeCase } from '../../../nn/names.ts'
import type { LayerGraph, NetworkInput } from '../../../nn/network.ts'
import { className, isSerialized } from '../../../nn/serialized.ts'
import { Model } from '../../model.ts'
import { signatures } from './calls.ts'
import type { Json, JsonObject } from './json.ts'
import { isWordOption, snake } from './names.ts'
import { type KerasLayer, kerasLayers } from './order.ts'

/** A model's architecture as Keras's `config.json` holds it, without weights. */
export function toKerasConfig(model: Model): JsonObject {
  checkSharing(model, new Map())
  return modelObject(model, model.name)
}

/** A layer of two models would be two layers in the file, only one of them with weights: Keras writes that, and cannot read it. */
function checkSharing(model: Model, owners: Map<AnyLayer, { readonly model: Model; readonly weights: boolean }>): void {
  const { network } = model
  for (const { layer, path } of network.layers) {
    const weights = network.variables.some(variable => variable.path.startsWith(`${path}/`))
    const owner = owners.get(layer)
    if (owner && owner.model !== model && (weights || owner.weights)) {
      throw new UnsupportedError({
        where: `model '${model.name}'`,
        expected: 'layers that belong to one model each, in a file of Keras',
        received: `'${path}', which '${owner.model.name}' has as well`,
        remedy: 'Save the weights alone, with saveWeights, and make the model by program before loading them.',
      })
    }
    if (owner) continue
    owners.set(layer, { model, weights })
    if (layer instanceof Model) checkSharing(layer, owners)
  }
}

function modelObject(model: Model, name: string): JsonObject {
  const { network } = model
  const common = { name, trainable: model.trainable }
  if (model.type === 'Sequential') {
    const [input] = network.inputs
    const shape = input ? batchShape(input) : []
    const layers = [
      ...(input ? [inputObject(input)] : []),
      ...network.layers.map(({ layer, path }) => layerObject(layer, path)),
    ]
    return kerasObject('keras', 'Sequential', { ...common, dtype: 'float32', layers, build_input_shape: shape })
  }
  const nodes = nodeIndices(network)
  const layers = kerasLayers(model).map(layer => withNodes(network, layer, nodes))
  const history = (tensor: Symbolic): Json => {
    const [source, node, index] = nodes(tensor)
    // A nested functional model counts its own outputs as its first node here, and only here.
    const nested = 'call' in tensor.origin && isFunctional(tensor.origin.call.layer)
    return [source, node + (nested ? 1 : 0), index]
  }
  const config = {
    ...common,
    layers,
    input_layers: oneOrList(network.inputTensors.map(history)),
    output_layers: inForm(model.outputs, network.outputTensors.map(history)),
  }
  return kerasObject('keras.src.models.functional', 'Functional', config)
}

const isFunctional = (layer: AnyLayer): boolean => layer instanceof Model && layer.type !== 'Sequential'

const oneOrList = (items: readonly Json[]): Json => (items.length === 1 ? (items[0] ?? null) : items)

/** Tensors in the form they were given in: one, a list, or by name. */
function inForm(form: Model['outputs'], histories: readonly Json[]): Json {
  if ('origin' in form) return histories[0] ?? null
  if (Array.isArray(form)) return histories
  return Object.fromEntries(Object.keys(form).map((name, i) => [name, histories[i] ?? null]))
}

const batchShape = ({ batchSize, shape }: NetworkInput): Json => [batchSize ?? null, ...shape]

function inputObject(input: NetworkInput): JsonObject {
  const { name, dtype } = input
  const config = { batch_shape: batchShape(input), dtype, sparse: false, ragged: false, name, optional: false }
  return kerasObject('keras.layers', 'InputLayer', config)
}

function kerasObject(module: string, type: string, config: JsonObject): JsonObject {
  return { module, class_name: type, config, registered_name: null }
}

/** Where a tensor comes from: the layer's name, which of its calls in this model, and which of the call's outputs. */
type Nodes = (tensor: Symbolic) => readonly [string, number, number]

function nodeIndices(network: LayerGraph): Nodes {
  const counts = new Map<AnyLayer, number>()
  const found = new Map<LayerCall, readonly [string, number]>()
  for (const { call, path } of network.steps) {
    const index = counts.get(call.layer) ?? 0
    counts.set(call.layer, index + 1)
    found.set(call, [path, index])
  }
  return tensor => {
    const at = network.inputTensors.indexOf(tensor)
    if (at >= 0) return [network.inputs[at]?.name ?? 'input', 0, 0]
    const [path, index] = ('call' in tensor.origin ? found.get(tensor.origin.call) : undefined) ?? ['', 0]
    return [path, index, 'call' in tensor.origin ? tensor.origin.index : 0]
  }
}

function withNodes(network: LayerGraph, layer: KerasLayer, nodes: Nodes): JsonObject {
  if (layer.kind === 'input') return { ...inputObject(layer.input), name: layer.name, inbound_nodes: [] }
  const { placed, name } = layer
  const calls = network.steps.filter(({ call }) => call.layer === placed.layer)
  const inbound = calls.map(({ call }) => {
    const written = (tensor: Symbolic): Json => ({
      class_name: '__keras_tensor__',
      config: {
        shape: [null, ...tensor.shape],
        dtype: tensor.dtype,
        keras_history: nodes(tensor),
      },
    })
    if (call.options['training'] !== undefined)
      throw refusedCall(name, "calls without 'training'", String(call.options['training']), 'Keras overrides it.')
    const { [dataOption]: parts, ...options } = call.options
    const tensors = call.inputs.map(written)
    const { args, named = {} } =
      typeof parts === 'string'
        ? { args: [record(dataOf<Json>(name, parts, tensors), name)] }
        : callArguments(placed.layer, tensors)
    return { args, kwargs: { ...record(options, name), ...named, ...maskArguments(call, name, written) } }
  })
  return { ...layerObject(placed.layer, name), name, inbound_nodes: inbound }
}

/** Layers that take query, value and key one by one, and a mask by its name. */
const attending = new Set(['MultiHeadAttention', 'GroupedQueryAttention'])
/** Layers that take the states they begin with by name. */
const recurrent = new Set([
  'RNN',
  'SimpleRNN',
  'LSTM',
  'GRU',
  'ConvLSTM1D',
  'ConvLSTM2D',
  'ConvLSTM3D',
  'Bidirectional',
])

/** The masks that a call was given, by the names that Keras has for them. */
function maskArguments(call: LayerCall, name: string, written: (tensor: Symbolic) => Json): JsonObject {
  const { layer, inputs, masks } = call
  const own = inputs.map((_, i) => masks[i])
  const states = recurrent.has(layer.type) && inputs.length > 1
  // Keras forgets the mask that comes along with sequences where it is given states to begin with.
  if (states && own[0] === undefined && inputs[0]?.mask)
    throw refusedCall(name, 'a mask given by itself', 'one that comes along with sequences', 'Keras forgets it here.')
  if (own.every((mask, i) => mask === undefined || (mask === null && (!inputs[i]?.mask || (states && i === 0)))))
    return {}
  const names: readonly string[] = signatures[layer.type] ?? []
  const refused = () => refusedCall(name, 'masks that Keras takes here', 'other ones', 'Leave the masks to the layers.')
  if (attending.has(layer.type)) {
    if (own.includes(null) || (own.length > 3 && own[3])) throw refused()
    return Object.fromEntries(own.flatMap((mask, i) => (mask ? [[`${names[i]}_mask`, written(mask)]] : [])))
  }
  const [first, ...others] = own
  const list = (layer.arity?.min ?? 1) > 1
  if (
    !names.includes('mask') ||
    (list ? own.some((mask, i) => mask === undefined && inputs[i]?.mask) : !first || others.some(Boolean))
  )
    throw refused()
  return { mask: list ? own.map(mask => (mask ? written(mask) : null)) : first ? written(first) : null }
}

const refusedCall = (name: string, expected: string, received: string, why: string): UnsupportedError =>
  new UnsupportedError({
    where: `layer '${name}', written for Keras`,
    expected,
    received,
    remedy: `${why} The weights alone can be saved in any case.`,
  })

/** The other layers take one tensor, or a list of them. */
function callArguments({ type, arity }: AnyLayer, tensors: readonly Json[]): { args: Json; named?: JsonObject } {
  const [first = null, ...rest] = tensors
  if (attending.has(type)) {
    const [mask] = tensors.slice(3)
    return { args: tensors.slice(0, 3), ...(mask === undefined ? {} : { named: { attention_mask: mask } }) }
  }
  if (recurrent.has(type) && rest.length > 0) return { args: [first], named: { initial_state: rest } }
  if (type === 'Softmax' && rest.length > 0) return { args: [first], named: { mask: rest[0] ?? null } }
  return { args: tensors.length === 1 && (arity?.min ?? 1) < 2 ? tensors : [tensors] }
}

function layerObject(layer: AnyLayer, name: string): JsonObject {
  if (layer instanceof Model) return modelObject(layer, name)
  const { name: _, ...all } = record(layer.config, name)
  const config = Object.fromEntries(
    Object.entries(all).filter(([key, value]) => !ours.has(key) || (value !== null && value !== false)),
  )
  return kerasObject('keras.layers', exported[layer.type] ?? layer.type, {
    name,
    // Some of Keras's layers do not take what is their default anyway.
    ...(layer.trainable ? {} : { trainable: false }),
    ...(layer.type === 'Pipeline' ? {} : { dtype: 'float32' }),
    ...config,
  })
}

/** Options that Keras's layers do not have; left out while they are off, so that Keras opens the file. */
const ours = new Set(['rotary_embedding'])

/** Classes that Keras exports under another name than their own. */
const exported: Readonly<Record<string, string>> = { GroupedQueryAttention: 'GroupQueryAttention' }

/** Options in snake_case; `where` is the layer they belong to. */
export const record = (config: object, where: string): JsonObject =>
  Object.fromEntries(
    Object.entries(config)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [snake(key), encoded(value, key, where)]),
  )

const modules: readonly (readonly [RegExp, string])[] = [
  [/Initializer$/, 'keras.initializers'],
  [/Regularizer$/, 'keras.regularizers'],
  [/Constraint$/, 'keras.constraints'],
  [/^learningRate$/, 'keras.optimizers.schedules'],
  [/^optimizer$/, 'keras.optimizers'],
  [/^(?:innerO|o)ptimizer$/, 'keras.optimizers'],
  [/^loss$/, 'keras.losses'],
  [/etrics$/, 'keras.metrics'],
]
const moduleOf = (option: string): string => modules.find(([pattern]) => pattern.test(option))?.[1] ?? 'keras.layers'

const isLayer = (value: unknown): value is AnyLayer =>
  typeof value === 'function' && 'type' in value && 'config' in value && 'ownWeights' in value

/** An option's value as Keras writes it. */
export function encoded(value: unknown, option: string, where: string): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value
  if (value === undefined) return null
  if (typeof value === 'string') return isWordOption(option) ? snake(value) : value
  if (typeof value === 'bigint') return Number(value)
  if (isLayer(value)) return layerObject(value, value.name ?? snakeCase(value.type))
  if (Array.isArray(value)) return value.map(item => encoded(item, option, where))
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array, Number)
  if (typeof value === 'object') {
    if (isTensorData(value)) return encoded([...value.data], option, where)
    if (isSerialized(value)) return kerasObject(moduleOf(option), value.type, record(value.config, where))
    const type = 'kind' in value ? value.kind : 'name' in value ? value.name : undefined
    if (typeof type === 'string' && 'config' in value && typeof value.config === 'object')
      return kerasObject(moduleOf(option), className(type), record(value.config ?? {}, where))
    return record(value, where)
  }
  throw new ArgumentError({
    where,
    expected: `'${option}' to be something that a file can hold`,
    received: `a ${typeof value}`,
    remedy: 'Functions are code, which files of models never hold. Name a built-in one, or save the weights alone.',
  })
}
