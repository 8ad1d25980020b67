import { type DType, dtypes } from '../../../core/dtype.ts'
import { FormatError, TenonError, UnsupportedError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { type AnyLayer, isLayer } from '../../../nn/layer.ts'
import { input } from '../../../nn/layers/core/input.ts'
import { layerTypes } from '../../../nn/layers/registry.ts'
import type { Serialized } from '../../../nn/serialized.ts'
import { hardSigmoid } from '../../../ops/nn/hard-sigmoid.ts'
import { isList, isObject, type Json, type JsonObject } from './json.ts'
import { camel, isWordOption } from './names.ts'

/** Makes layers of what Keras wrote. `where` names the file in errors. Nothing in a file is ever executed. */
export interface Decoding {
  readonly where: string
  /** Written by Keras 2 or TensorFlow.js, where some words meant something else. */
  readonly old: boolean
  /** Makes a nested model; the format's own knowledge of graphs is in decode-model.ts. */
  model(object: KerasObject, name: string | undefined, group: string | undefined): AnyLayer
  /** What a layer learned from data, by the group in which Keras keeps it: it is beside the configuration. */
  vocabulary?(group: string): Vocabulary | undefined
}

export interface Vocabulary {
  readonly tokens: readonly string[]
  readonly idfWeights?: readonly number[]
}

export interface KerasObject {
  readonly className: string
  readonly config: JsonObject
  readonly module: string | undefined
  /** The object itself: layers of a functional model have more fields. */
  readonly json: JsonObject
}

export const damaged = (
  { where }: { readonly where: string },
  expected: string,
  received: Json | undefined,
): FormatError => new FormatError({ where, expected, received: String(JSON.stringify(received)).slice(0, 200) })

/** `{ class_name, config }`, or undefined for anything else. */
export function kerasObject(value: Json | undefined): KerasObject | undefined {
  if (!isObject(value)) return undefined
  const { class_name: name, config, module } = value
  if (typeof name !== 'string' || !isObject(config)) return undefined
  return { className: name, config, module: typeof module === 'string' ? module : undefined, json: value }
}

const models = new Set(['Functional', 'Model', 'Sequential'])
export const isModelClass = ({ className }: KerasObject): boolean => models.has(className)

/** Classes that hold Python code, or call functions by name. */
const code = new Set([
  'Lambda',
  'TFOpLambda',
  'SlicingOpLambda',
  'TensorFlowOpLayer',
  '__lambda__',
  'TorchModuleWrapper',
  'JaxLayer',
  'FlaxLayer',
  'TFSMLayer',
])

/** Keras's class names that are not those of our factories, in lower case. */
const aliases: Readonly<Record<string, string>> = {
  batchnormalizationv1: 'batchnormalization',
  batchnormalizationv2: 'batchnormalization',
  grucellv2: 'grucell',
  gruv2: 'gru',
  lstmcellv2: 'lstmcell',
  lstmv2: 'lstm',
}

// Each factory checks its own options, wherever they come from: that is what lets it take any object.
const factories = new Map(
  Object.entries(layerTypes).map(([name, make]) => [name.toLowerCase(), make as (options: object) => unknown]),
)

/** Options that say nothing about what a layer computes here: names, seeds, hints for other engines. */
const silent = new Set([
  'name',
  'trainable',
  'dtype',
  'seed',
  'implementation',
  'unroll',
  'synchronized',
  'inputLength',
  'renormMomentum',
  'inputDtype',
  'autocast',
  'batchInputShape',
  'batchShape',
  'inputShape',
  'buildConfig',
  'vocabularyDtype',
  'vocabularySize',
])

/** Values of options that layers here do not have, with which Keras computes what they compute. */
const neutral: Readonly<Record<string, readonly string[]>> = {
  dataFormat: ['channelsLast'],
  encoding: ['utf-8'],
  oovMethod: ['farmhash', 'floormod'],
}

/** Makes the layer that an object describes. `group` is where Keras keeps what belongs to it, such as `layers/dense_1`. */
export function decodeLayer(object: KerasObject, decoding: Decoding, name?: string, group?: string): AnyLayer {
  const { className, config } = object
  const where = `${decoding.where}, layer '${String(name ?? config['name'] ?? className)}'`
  if (code.has(className)) {
    throw new UnsupportedError({
      where,
      expected: 'layers that are data',
      received: `a ${className} layer, which holds Python code`,
      remedy: 'Code in files is never executed. Build the model here and load its weights alone.',
    })
  }
  if (isModelClass(object)) return decoding.model(object, name, group)
  const key = className.toLowerCase()
  const make = factories.get(key) ?? factories.get(aliases[key] ?? '')
  if (!make) {
    throw new UnsupportedError({
      where,
      expected: "one of Keras's own layers",
      received: `a layer of class ${className}`,
      remedy: 'Build the model here and load its weights alone.',
    })
  }
  checkPolicy(config['dtype'], where)
  const { name: given, trainable, ...written } = decodeRecord(config, { ...decoding, where })
  const options = {
    ...(decoding.old ? renewed(key, written) : written),
    ...(group !== undefined && written['vocabulary'] === null ? learned(key, decoding.vocabulary?.(group)) : {}),
  }
  const layer = made(make, { ...options, name: name ?? given }, where)
  if (trainable === false) layer.trainable = false
  checkUnderstood(options, layer, where)
  return layer
}

function made(make: (options: object) => unknown, options: object, where: string): AnyLayer {
  let layer: unknown
  try {
    layer = make(options)
  } catch (cause) {
    throw refusedOptions(where, cause)
  }
  if (isLayer(layer)) return layer
  throw new UnsupportedError({ where, expected: 'a layer', received: 'something else' })
}

/** A vocabulary from beside the configuration, as options. */
function learned(type: string, found: Vocabulary | undefined): { vocabulary?: unknown; idfWeights?: unknown } {
  if (!found) return {}
  const vocabulary = type === 'integerlookup' ? found.tokens.map(Number) : found.tokens
  return { vocabulary, ...(found.idfWeights ? { idfWeights: found.idfWeights } : {}) }
}

/** Options that Keras 3 calls otherwise, or that had another default. */
function renewed(type: string, options: Record<string, unknown>): Record<string, unknown> {
  const { alpha, ...rest } = options
  if (type === 'leakyrelu' && alpha !== undefined) return { ...rest, negativeSlope: alpha }
  if (type === 'gru' || type === 'grucell') return { resetAfter: false, ...options }
  // Keras 2 wrote lists of one axis.
  const { axis } = options
  return Array.isArray(axis) && axis.length === 1 && type === 'batchnormalization'
    ? { ...options, axis: axis[0] }
    : options
}

/** What a layer says of options in a file. One of the wrong kind altogether may give an error that is not ours. */
export function refusedOptions(where: string, cause: unknown): TenonError {
  if (cause instanceof FormatError || cause instanceof UnsupportedError) return cause
  const known = cause instanceof TenonError
  return new FormatError({
    where,
    expected: known ? cause.expected : 'options that it takes',
    received: known ? cause.received : cause instanceof Error ? cause.message : String(cause),
    remedy: 'The file is damaged, or asks for what Tenon does not have.',
    cause,
  })
}

/** An option that the layer did not take up must be one that changes nothing. */
function checkUnderstood(options: Readonly<Record<string, unknown>>, layer: AnyLayer, where: string): void {
  for (const [option, value] of Object.entries(options)) {
    const off = value === null || value === false || neutral[option]?.includes(String(value))
    if (silent.has(option) || option in layer.config || off) continue
    throw new UnsupportedError({
      where,
      expected: `a ${layer.type} layer without '${option}'`,
      received: String(JSON.stringify(value)).slice(0, 100),
      remedy: 'The layer here does not have this option, and would compute something else.',
    })
  }
}

/** Computing in float32 is exact enough for every floating point policy; quantised layers compute something else. */
function checkPolicy(dtype: Json | undefined, where: string): void {
  const policy = kerasObject(dtype)
  const name = policy ? (policy.config['name'] ?? policy.className) : dtype
  if (typeof name === 'string' && /int8|int4|quantized|float8/i.test(name) && !name.startsWith('uint'))
    throw new UnsupportedError({ where, expected: 'weights in floating point', received: `the dtype policy ${name}` })
}

export function decodeRecord(config: JsonObject, decoding: Decoding): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config)
      // The sizes an InputLayer would have are another name for the first layer's input in old files.
      .filter(([key]) => key !== 'dtype')
      .map(([key, value]) => [camel(key), decodeValue(value, camel(key), decoding)]),
  )
}

const layerOptions = new Set(['layer', 'backwardLayer', 'forwardLayer', 'cell', 'cells', 'layers'])

function decodeValue(value: Json, option: string, decoding: Decoding): unknown {
  if (typeof value === 'string') {
    const text = isWordOption(option) ? camel(value) : value
    if (isWordOption(option) && text in Object.prototype) throw damaged(decoding, `'${option}' to be a name`, value)
    return text === 'hardSigmoid' && decoding.old && /activation$/i.test(option) ? oldHardSigmoid : text
  }
  if (isList(value)) return value.map(item => decodeValue(item, option, decoding))
  if (!isObject(value)) return value
  const object = kerasObject(value)
  if (object && layerOptions.has(option)) return decodeLayer(object, decoding)
  if (object) return decodePlain(object, option, decoding)
  const { class_name: type, config } = value
  if (type === 'function' && typeof config === 'string') return functionName(value, config, option, decoding)
  if (isWordOption(option)) throw damaged(decoding, `'${option}' to be a name or an object of Keras`, value)
  return decodeRecord(value, decoding)
}

/** Before Keras 3: max(0, min(1, 0.2·x + 0.5)). Now the slope is 1/6. */
const oldHardSigmoid = (x: Value): Value => hardSigmoid(x, { alpha: 0.2, beta: 0.5 })

/** Objects other than layers: constants, initializers, regularizers, schedules … */
function decodePlain({ className, config }: KerasObject, option: string, decoding: Decoding): unknown {
  if (className === '__numpy__' || className === '__tensor__') return config['value'] ?? null
  if (className === '__bytes__') return config['value'] ?? ''
  if (code.has(className)) {
    throw new UnsupportedError({
      where: decoding.where,
      expected: `'${option}' to be data`,
      received: 'Python code',
      remedy: 'Code in files is never executed. Build the model here and load its weights alone.',
    })
  }
  const plain: Serialized = { type: className, config: decodeRecord(config, decoding) }
  return plain
}

/** A built-in function by its name; one of somebody's own is code that the file does not hold. */
function functionName(value: JsonObject, name: string, option: string, decoding: Decoding): string {
  const { module } = value
  if (module === 'builtins' || (typeof module === 'string' && module.startsWith('keras'))) return camel(name)
  throw new UnsupportedError({
    where: decoding.where,
    expected: `'${option}' to be a function of Keras`,
    received: `'${name}' of ${String(module)}`,
  })
}

/** What an InputLayer, or the first layer of an old Sequential, says about a model's input. */
export function decodeInput(config: JsonObject, decoding: Decoding, name?: string) {
  const shape = config['batch_shape'] ?? config['batch_input_shape']
  const sizes = isList(shape) ? shape : undefined
  if (!sizes?.every(dim => dim === null || (typeof dim === 'number' && Number.isSafeInteger(dim) && dim > 0)))
    throw damaged(decoding, "an input's shape of sizes", shape)
  const [batch, ...rest] = sizes
  const given = config['dtype'] ?? config['input_dtype'] ?? 'float32'
  const dtype = dtypes.find((known): known is DType => known === given)
  if (!dtype) throw damaged(decoding, "an input's dtype", given)
  if (config['sparse'] === true || config['ragged'] === true)
    throw new UnsupportedError({ where: decoding.where, expected: 'a dense input', received: 'a sparse or ragged one' })
  return input({
    shape: rest.map(dim => (typeof dim === 'number' ? dim : null)),
    dtype,
    ...(typeof batch === 'number' ? { batchSize: batch } : {}),
    ...(name === undefined ? {} : { name }),
  })
}
