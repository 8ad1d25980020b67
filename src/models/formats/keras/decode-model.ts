import { TenonError, UnsupportedError } from '../../../core/errors.ts'
import { type AnyLayer, type CallMask, Symbolic } from '../../../nn/layer.ts'
import { applyLayer } from '../../../nn/make-layer.ts'
import { snakeCase } from '../../../nn/names.ts'
import type { SymbolicForm } from '../../forms.ts'
import { model as functional } from '../../functional.ts'
import type { Model } from '../../model.ts'
import { sequential } from '../../sequential.ts'
import { type CallArguments, comparison, type History, histories, historyOf, readCall } from './calls.ts'
import {
  type Decoding,
  damaged,
  decodeInput,
  decodeLayer,
  isModelClass,
  type KerasObject,
  kerasObject,
  refusedOptions,
} from './decode.ts'
import { isList, isObject, type Json, type JsonObject } from './json.ts'

/**
 * Makes a model of its architecture as Keras writes it: `config.json` of a `.keras` file, `model_config` of an `.h5` file, or the
 * topology of a TensorFlow.js model. Weights get first values from `seed`.
 *
 * @throws {UnsupportedError} naming what this library does not have: a layer's class, an option, Python code.
 * @throws {FormatError} for anything that is not such an architecture.
 */
export function modelFromKerasConfig(json: Json, options: Place): Model {
  const object = kerasObject(json)
  if (!object || !isModelClass(object)) {
    const received = object?.className ?? JSON.stringify(json).slice(0, 100)
    throw new UnsupportedError({
      where: options.where,
      expected: 'a Sequential or Functional model',
      received,
      remedy: 'A model that is a class of its own exists only as code. Build it here and load its weights alone.',
    })
  }
  return decodeModel(object, options, undefined, '')
}

interface Place {
  /** What errors call the file. */
  readonly where: string
  readonly seed?: number
  /** Written by Keras 2 or TensorFlow.js. Default false. */
  readonly old?: boolean
  readonly vocabulary?: Decoding['vocabulary']
}

function decodeModel(object: KerasObject, place: Place, name: string | undefined, group: string): Model {
  const { where, old = false } = place
  const decoding: Decoding = {
    where,
    old,
    model: (inner, given, inside) => decodeModel(inner, place, given, inside === undefined ? 'nowhere/' : `${inside}/`),
    ...(place.vocabulary ? { vocabulary: place.vocabulary } : {}),
  }
  const own = name ?? object.config['name']
  const options = {
    ...(typeof own === 'string' ? { name: own } : {}),
    ...(place.seed === undefined ? {} : { seed: place.seed }),
  }
  try {
    const model =
      object.className === 'Sequential'
        ? sequential(stack(object.config, decoding, group), options)
        : functional({ ...new Graph(object.config, decoding, group).build(), ...options })
    if (object.config['trainable'] === false) model.trainable = false
    return model
  } catch (cause) {
    throw refusedOptions(cause instanceof TenonError ? `${where}, ${cause.where}` : where, cause)
  }
}

function layerList(config: JsonObject, decoding: Decoding): KerasObject[] {
  const { layers } = config
  if (!isList(layers)) throw damaged(decoding, "a model's layers", layers)
  return layers.map(layer => {
    const object = kerasObject(layer)
    if (!object) throw damaged(decoding, 'a layer', layer)
    return object
  })
}

/** Layers in a row. Old files have no InputLayer: the first layer, or the model, says what it is fed. */
function stack(config: JsonObject, decoding: Decoding, group: string): readonly (Symbolic | AnyLayer)[] {
  const objects = layerList(config, decoding)
  const [first] = objects
  if (!first) throw damaged(decoding, 'a layer or more', [])
  const rest = first.className === 'InputLayer' ? objects.slice(1) : objects
  const name = first.className === 'InputLayer' ? first.config['name'] : undefined
  const source = inputConfig(first, config)
  const input = decodeInput(source, decoding, typeof name === 'string' ? name : undefined)
  const groups = groupsOf(group)
  return [input, ...rest.map(object => decodeLayer(object, decoding, undefined, groups(object)))]
}

/** Numbers layers by class, as Keras does for the groups in which it keeps what belongs to them. */
function groupsOf(group: string): (object: KerasObject) => string {
  const counts = new Map<string, number>()
  return ({ className }) => {
    const base = snakeCase(className)
    const count = counts.get(base) ?? 0
    counts.set(base, count + 1)
    return `${group}layers/${count === 0 ? base : `${base}_${count}`}`
  }
}

function inputConfig(first: KerasObject, config: JsonObject): JsonObject {
  if (first.className === 'InputLayer') return first.config
  const own = first.config['batch_input_shape']
  // Keras gives the dtype of the embedding's table, not of the integers that it looks up.
  const dtype = first.className === 'Embedding' ? 'int32' : 'float32'
  if (own !== undefined) return { batch_shape: own, dtype }
  if (isModelClass(first)) {
    const inner = isList(first.config['layers']) ? kerasObject(first.config['layers'][0]) : undefined
    if (inner) return inputConfig(inner, first.config)
  }
  return { batch_shape: config['build_input_shape'] ?? null, dtype }
}

/** One call of a layer, not yet made. */
interface PendingCall {
  readonly layer: AnyLayer
  readonly name: string
  readonly arguments: CallArguments
}

/** A graph of layers: rebuilt by calling each layer as soon as what it takes is there. */
class Graph {
  private readonly inputs = new Map<string, Symbolic>()
  private readonly outputs = new Map<string, (readonly Symbolic[])[]>()
  /** Nested functional models: their outputs are counted from 1 where they are outputs of the whole model (Keras 3). */
  private readonly functional = new Set<string>()
  private readonly firstCall = new Map<string, number>()
  private readonly operations = new Map<string, KerasObject>()
  private readonly groups: (object: KerasObject) => string
  private pending: PendingCall[] = []

  constructor(
    private readonly config: JsonObject,
    private readonly decoding: Decoding,
    group: string,
  ) {
    this.groups = groupsOf(group)
  }

  build(): { inputs: SymbolicForm; outputs: SymbolicForm } {
    const objects = layerList(this.config, this.decoding)
    for (const object of objects) this.declare(object)
    this.findFirstCalls()
    this.callAll()
    return {
      inputs: this.form(this.config['input_layers'], false),
      outputs: this.form(this.config['output_layers'], true),
    }
  }

  private declare(object: KerasObject): void {
    const { json, config, className } = object
    const name = json['name'] ?? config['name']
    if (typeof name !== 'string') throw damaged(this.decoding, 'a layer with a name', json['name'])
    if (this.inputs.has(name) || this.outputs.has(name))
      throw damaged(this.decoding, 'layers with different names', name)
    if (className === 'InputLayer') {
      this.inputs.set(name, decodeInput(config, this.decoding, name))
      return
    }
    // Operations between layers, such as the comparison that makes an embedding's mask. What asks for its result says so.
    if (isOperation(object)) {
      this.operations.set(name, object)
      return
    }
    const layer = decodeLayer(object, this.decoding, name, this.groups(object))
    if (isModelClass(object) && className !== 'Sequential') this.functional.add(name)
    this.outputs.set(name, [])
    const { inbound_nodes: nodes = [] } = json
    if (!isList(nodes)) throw damaged(this.decoding, "a layer's calls", nodes)
    for (const node of nodes)
      this.pending.push({ layer, name, arguments: readCall(node, name, layer.type, this.decoding) })
  }

  /** Calls are made in the file's order of layers, each layer's in their own order, as often as something new can be called. */
  private callAll(): void {
    while (this.pending.length > 0) {
      const waiting = new Set<string>()
      const rest: PendingCall[] = []
      for (const call of this.pending) {
        if (waiting.has(call.name) || !this.call(call)) {
          waiting.add(call.name)
          rest.push(call)
        }
      }
      if (rest.length === this.pending.length) {
        const [first] = rest
        throw damaged(this.decoding, 'layers that can be called one after the other', `${first?.name} waits for others`)
      }
      this.pending = rest
    }
  }

  private call({ layer, name, arguments: { tensors, options, masks } }: PendingCall): boolean {
    const found = tensors.map(history => this.find(history))
    const inputs = found.filter(tensor => tensor !== undefined)
    const [first, ...others] = inputs
    if (inputs.length < found.length) return false
    if (!first) throw damaged(this.decoding, `inputs of '${name}'`, 'none')
    const given: CallMask[] = []
    for (const [i, history] of masks.entries()) {
      const mask = history && this.operations.has(history[0]) ? undefined : history && this.find(history)
      if (history && this.operations.has(history[0])) this.checkAutomatic(history, inputs[i] ?? first, name)
      else if (history && !mask) return false
      given.push(mask)
    }
    const result = applyLayer(layer, [first, ...others], options, given)
    this.outputs.get(name)?.push(result instanceof Symbolic ? [result] : result)
    return true
  }

  /** A mask that is computed between layers is one that Keras noted down itself: it has to be the one that comes along anyway. */
  private checkAutomatic([operation]: History, tensor: Symbolic, name: string): void {
    const compared = comparison(this.operations.get(operation))
    const own = tensor.mask && embeddedFrom(tensor)
    const differs = compared && own && (this.find(compared.of) !== own || compared.value !== 0)
    if (tensor.mask && !differs) return
    throw new UnsupportedError({
      where: `${this.decoding.where}, layer '${name}'`,
      expected: 'a mask that comes along with the tensor, an input of the model, or the output of a layer',
      received: `one computed by '${operation}' between layers`,
      remedy: 'Make the mask an input of the model.',
    })
  }

  private find([name, number, index]: History, first = this.firstCall.get(name) ?? 0): Symbolic | undefined {
    const input = this.inputs.get(name)
    if (input) return input
    const calls = this.outputs.get(name)
    if (!calls) {
      throw new UnsupportedError({
        where: this.decoding.where,
        expected: 'a model of layers',
        received: `one that computes with '${name}' between its layers`,
        remedy: 'Use a layer such as Add, Multiply or Rescaling in its place.',
      })
    }
    const node = number - first
    const tensor = calls[node]?.[index]
    if (!tensor && calls[node]) throw damaged(this.decoding, `output ${index} of '${name}'`, 'a smaller number')
    return tensor
  }

  /** `[name, node, index]`, or lists or records of these. */
  private form(value: Json | undefined, ends: boolean): SymbolicForm {
    const leaf = historyOf(value)
    if (leaf) return this.end(leaf, ends)
    const list = isList(value) ? value : undefined
    // A layer may give lists in its list of outputs, as a stack of cells gives states; old files have a list around each one.
    if (list) return list.flatMap(item => this.leaves(item, ends))
    if (!isObject(value)) throw damaged(this.decoding, "a model's inputs and outputs", value)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const [only, ...others] = this.leaves(item, ends)
        if (!only || others.length > 0) throw damaged(this.decoding, `one tensor for '${key}'`, item)
        return [key, only]
      }),
    )
  }

  private leaves(value: Json, ends: boolean): Symbolic[] {
    const found = histories(value)
    if (found.length > 0) return found.map(leaf => this.end(leaf, ends))
    throw damaged(this.decoding, 'a layer, one of its calls, and an output', value)
  }

  private end([name, node, index]: History, ends: boolean): Symbolic {
    const tensor = this.find([name, node, index], ends && this.functional.has(name) ? 1 : undefined)
    if (tensor) return tensor
    throw damaged(this.decoding, `an output of '${name}'`, [name, node, index])
  }

  /**
   * The number of a layer's first call. Before Keras 3, models that are layers count their own outputs as their first node. Each
   * call is read by somebody, so the greatest number that occurs tells.
   */
  private findFirstCalls(): void {
    const ends = [this.config['input_layers'], this.config['output_layers']].flatMap(histories)
    const old = this.pending.filter(({ arguments: { old: legacy } }) => legacy)
    if (old.length === 0) return
    const counts = new Map<string, number>()
    for (const { name } of this.pending) counts.set(name, (counts.get(name) ?? 0) + 1)
    for (const [name, node] of [...ends, ...old.flatMap(call => call.arguments.tensors)])
      if (node >= (counts.get(name) ?? Number.POSITIVE_INFINITY)) this.firstCall.set(name, 1)
    this.functional.clear()
  }
}

/** Not a layer. An `.h5` file names no module, but every layer has one of these options. */
const isOperation = ({ module, config, ...object }: KerasObject): boolean =>
  module === undefined
    ? config['trainable'] === undefined && config['dtype'] === undefined && !isModelClass({ module, config, ...object })
    : module.includes('.ops.')

/** What an embedding looked up, where the tensor has its mask from there: through layers that hand masks on. */
function embeddedFrom({ origin }: Symbolic): Symbolic | undefined {
  if (!('call' in origin)) return undefined
  const { layer, inputs, masks } = origin.call
  const [first] = inputs
  if (layer.type === 'Embedding') return first
  return layer.masking === 'pass' && first && !masks[0] ? embeddedFrom(first) : undefined
}
