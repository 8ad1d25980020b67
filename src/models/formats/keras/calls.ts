import { UnsupportedError } from '../../../core/errors.ts'
import type { CallOptions } from '../../../nn/layer.ts'
import { type AugmentationData, dataOf, dataOption, listOf, namesOf } from '../../../nn/layers/augmentation/data.ts'
import { type Decoding, damaged, type KerasObject, kerasObject } from './decode.ts'
import { isList, isObject, type Json, type JsonObject } from './json.ts'
import { camel } from './names.ts'

/** Layer, which of its calls, which of the call's outputs. */
export type History = readonly [string, number, number]

export interface CallArguments {
  readonly tensors: readonly History[]
  /** For each input the mask it was given; null where it has none even if one comes along, undefined for the one that comes along. */
  readonly masks: readonly (History | null | undefined)[]
  readonly options: CallOptions
  /** Written before Keras 3. */
  readonly old: boolean
}

/** All histories in lists and records of them. */
export function histories(value: Json | undefined): History[] {
  const leaf = historyOf(value)
  if (leaf) return [leaf]
  if (isList(value)) return value.flatMap(histories)
  return isObject(value) ? Object.values(value).flatMap(histories) : []
}

export function historyOf(value: Json | undefined): History | undefined {
  if (!isList(value)) return undefined
  const [name, node, index] = value
  const counts = (n: Json | undefined): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0
  return typeof name === 'string' && counts(node) && counts(index) ? [name, node, index] : undefined
}

const recurrent = ['sequences', 'initial_state', 'mask', 'training']
const attending = ['query', 'value', 'key', 'query_mask', 'value_mask', 'key_mask', 'attention_mask']
const attention = ['inputs', 'mask', 'training', 'return_attention_scores', 'use_causal_mask']
const wrapping = ['inputs', 'training', 'mask']

/** What layers call the arguments that they are given by their places, where there is more than the inputs. */
export const signatures: Readonly<Record<string, readonly string[]>> = {
  AdditiveAttention: attention,
  Attention: attention,
  BatchNormalization: wrapping,
  Bidirectional: recurrent,
  ConvLSTM1D: recurrent,
  ConvLSTM2D: recurrent,
  ConvLSTM3D: recurrent,
  Functional: wrapping,
  GRU: recurrent,
  GlobalAveragePooling1D: ['inputs', 'mask'],
  GroupedQueryAttention: attending,
  LSTM: recurrent,
  MultiHeadAttention: attending,
  RNN: recurrent,
  Sequential: wrapping,
  SimpleRNN: recurrent,
  Softmax: ['inputs', 'mask'],
  TimeDistributed: wrapping,
}

/** One entry of `inbound_nodes`: arguments in Keras 3, a list of `[layer, node, index, options]` before. */
export function readCall(node: Json, name: string, type: string, decoding: Decoding): CallArguments {
  if (isObject(node)) {
    const { args = [], kwargs = {} } = node
    if (!isList(args) || !onlyTensors(args)) {
      throw new UnsupportedError({
        where: `${decoding.where}, layer '${name}'`,
        expected: 'calls with tensors, and options by name',
        received: JSON.stringify(args).slice(0, 200),
      })
    }
    if (!isObject(kwargs)) throw damaged(decoding, `options of a call of '${name}'`, kwargs)
    const names = signatures[type] ?? []
    const placed = args.map((value, i): [string, Json] => [names[i] ?? 'inputs', value])
    return new CallReader(name, type, false, decoding).read([...placed, ...Object.entries(kwargs)])
  }
  // Keras 2 had one list around the tensors, and TensorFlow.js has one where a layer takes a single tensor.
  const list = isList(node) && historyOf(node) ? [node] : node
  if (!isList(list)) throw damaged(decoding, `a call of '${name}'`, node)
  let options: JsonObject = {}
  for (const entry of list) {
    if (!historyOf(entry)) throw damaged(decoding, `a call of '${name}'`, entry)
    if (isList(entry) && isObject(entry[3])) options = { ...options, ...entry[3] }
  }
  return new CallReader(name, type, true, decoding).read([['inputs', list], ...Object.entries(options)])
}

/** Whether arguments are tensors and nothing else: other values stand for options that only their layer knows by place. */
const onlyTensors = (value: Json): boolean =>
  value === null ||
  tensorOf(value) !== undefined ||
  (isList(value) && value.every(onlyTensors)) ||
  dictionaryOf(value) !== undefined

/** Images with what belongs to them, as augmentation layers take them. */
function dictionaryOf(value: Json): AugmentationData<History> | undefined {
  if (!isObject(value)) return undefined
  const { bounding_boxes: bounding, images, labels, segmentation_masks: masks, ...others } = value
  const { boxes, labels: boxLabels } = isObject(bounding) ? bounding : {}
  const given = { boxes, boxLabels, images, labels, segmentationMasks: masks }
  const tensors = Object.entries(given).flatMap(([part, tensor]) => {
    const history = tensorOf(tensor ?? null)
    return history ? [{ part, history }] : []
  })
  const count = Object.values(given).filter(tensor => tensor !== undefined).length
  if (!tensors.some(({ part }) => part === 'images') || tensors.length < count || Object.keys(others).length > 0)
    return undefined
  const names = tensors.map(({ part }) => part).join(' ')
  return dataOf(
    'a call',
    names,
    tensors.map(({ history }) => history),
  )
}

const tensorOf = (value: Json): History | undefined => {
  const object = kerasObject(value)
  return object?.className === '__keras_tensor__' ? historyOf(object.config['keras_history']) : undefined
}

/** Arguments that are inputs, in the order in which layers here take them. */
const inputNames = ['query', 'value', 'key', 'inputs', 'sequence', 'sequences', 'initial_state']
/** Masks of single inputs. */
const maskNames = ['query_mask', 'value_mask', 'key_mask']

class CallReader {
  constructor(
    private readonly name: string,
    private readonly type: string,
    private readonly old: boolean,
    private readonly decoding: Decoding,
  ) {}

  read(given: readonly (readonly [string, Json])[]): CallArguments {
    const options: Record<string, boolean | number | string> = {}
    const tensors: History[] = []
    const masks: (History | null | undefined)[] = []
    let states = false
    let attentionMask: History | undefined
    const ordered = given.toSorted(([a], [b]) => inputNames.indexOf(a) - inputNames.indexOf(b))
    for (const [argument, value] of ordered) {
      // What a file says of training never counts: Keras overrides it in `fit`, `evaluate` and `predict`.
      if (value === null || argument === 'training') continue
      const dictionary = inputNames.includes(argument) ? dictionaryOf(value) : undefined
      if (dictionary) {
        tensors.push(...listOf(dictionary))
        options[dataOption] = namesOf(dictionary)
      } else if (inputNames.includes(argument)) {
        tensors.push(...this.tensorsIn(value))
        states ||= argument === 'initial_state'
      } else if (argument === 'mask') {
        const own = this.tensor(value)
        masks.push(...(own || !isList(value) ? [own ?? this.refuse(argument)] : value.map(item => this.maskIn(item))))
      } else if (maskNames.includes(argument)) masks[maskNames.indexOf(argument)] = this.maskIn(value)
      else if (argument === 'attention_mask') attentionMask = this.tensor(value) ?? this.refuse(argument)
      else if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
        options[camel(argument)] = value
      else this.refuse(argument)
    }
    // Keras 3 forgets the mask that comes along with sequences where it is given states to begin with.
    const recurrent = signatures[this.type]?.includes('initial_state') === true
    if (recurrent && !this.old && (states || tensors.length > 1) && masks[0] === undefined) masks[0] = null
    const [, value] = tensors
    // Where a mask follows, so does the key, which is the value unless it was given.
    if (value && tensors.length === 2 && (attentionMask || masks[2])) tensors.push(value)
    if (attentionMask) tensors.push(attentionMask)
    // Softmax's mask has any shape that broadcasts, so it is an input.
    const [mask] = masks
    if (this.type === 'Softmax' && mask && masks.length === 1)
      return { tensors: [...tensors, mask], masks: [null], options, old: this.old }
    return { tensors, masks: Array.from(masks), options, old: this.old }
  }

  private tensor(value: Json): History | undefined {
    return tensorOf(value) ?? (this.old ? historyOf(value) : undefined)
  }

  private tensorsIn(value: Json): History[] {
    const own = this.tensor(value)
    if (own) return [own]
    return isList(value) ? value.flatMap(item => this.tensorsIn(item)) : []
  }

  private maskIn(value: Json): History | null {
    return value === null ? null : (this.tensor(value) ?? this.refuse('mask'))
  }

  private refuse(argument: string): never {
    throw new UnsupportedError({
      where: `${this.decoding.where}, layer '${this.name}'`,
      expected: 'calls with plain options',
      received: `the argument '${argument}'`,
    })
  }
}

/** The comparison of a tensor with a number, by which Keras makes the mask of an embedding. */
export function comparison(
  operation: KerasObject | undefined,
): { readonly of: History; readonly value: number } | undefined {
  const { inbound_nodes: nodes } = operation?.json ?? {}
  const [node] = isList(nodes) ? nodes : []
  if (operation?.className !== 'NotEqual' || !isObject(node) || !isList(node['args'])) return undefined
  const [tensor = null, value] = node['args']
  const of = tensorOf(tensor)
  return of && typeof value === 'number' ? { of, value } : undefined
}
