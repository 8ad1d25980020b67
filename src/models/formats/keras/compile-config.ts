import { TenonError, UnsupportedError } from '../../../core/errors.ts'
import { lossFromConfig } from '../../../nn/losses.ts'
import { metricFromConfig } from '../../../nn/metrics.ts'
import { fromConfig, type Optimizer, resolveOptimizer } from '../../../train/optimizers/index.ts'
import type { Model } from '../../model.ts'
import type { CompileOptions, LossSpec, MetricSpec } from '../../types.ts'
import { type Decoding, decodeRecord, type KerasObject, kerasObject } from './decode.ts'
import { encoded } from './encode.ts'
import { isList, isObject, type Json, type JsonObject } from './json.ts'
import { functionName, snake } from './names.ts'
import { optimizerFromKeras, optimizerToKeras } from './optimizer-config.ts'

/** What `compile` was called with as Keras's `compile_config`; undefined for a model that is not compiled. */
export function compileConfig(model: Model): JsonObject | undefined {
  const options = model.compileOptions
  if (!options) return undefined
  const where = `${model.name}, compile`
  // Names in records are those of outputs, so they are not spelled anew.
  const byOutput = (value: unknown, option: string): Json => {
    if (typeof value === 'string') return snake(value)
    if (Array.isArray(value)) return value.map(item => byOutput(item, option))
    const isRecord = typeof value === 'object' && value !== null && !('config' in value)
    if (!isRecord) return encoded(value, option, where)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, byOutput(item, option)]))
  }
  const { optimizer = 'rmsprop', loss, lossWeights, metrics, weightedMetrics } = options
  return {
    optimizer: optimizerToKeras(resolveOptimizer(optimizer), model, where),
    loss: byOutput(loss, 'loss'),
    loss_weights: byOutput(lossWeights, 'lossWeights'),
    metrics: byOutput(metrics, 'metrics'),
    weighted_metrics: byOutput(weightedMetrics, 'metrics'),
    run_eagerly: false,
    steps_per_execution: 1,
    jit_compile: 'auto',
  }
}

/** Compiles a model as its file says. A file without such a description leaves the model as it is. */
export function applyCompileConfig(model: Model, config: Json | undefined, where: string): void {
  if (!isObject(config) || config['optimizer'] === undefined) return
  const decoding: Decoding = {
    where: `${where}, compile_config`,
    old: false,
    model: () => {
      throw unknown(decoding, 'a model')
    },
  }
  try {
    const { loss, metrics, loss_weights: weights, weighted_metrics: weighted, optimizer } = config
    const options: CompileOptions<MetricSpec> = {
      optimizer: decodeOptimizer(optimizer, model, decoding),
      ...given('loss', loss, value => each(value, item => decodeLoss(item, decoding)) as LossSpec),
      ...given('lossWeights', weights, value => value as Readonly<Record<string, number>>),
      ...given('metrics', metrics, value => decodeMetrics(value, decoding)),
      ...given('weightedMetrics', weighted, value => decodeMetrics(value, decoding)),
    }
    model.compile(options)
  } catch (cause) {
    if (!(cause instanceof TenonError)) throw cause
    throw new UnsupportedError({
      where: decoding.where,
      expected: cause.expected,
      received: cause.received,
      remedy: 'Read the model with { compile: false }, and compile it yourself.',
      cause,
    })
  }
}

function given<K extends string, T>(option: K, value: Json | undefined, read: (value: Json) => T): { [key in K]?: T } {
  // An object of the one key is what the type says; TypeScript widens computed keys.
  return value === undefined || value === null ? {} : ({ [option]: read(value) } as { [key in K]?: T })
}

const unknown = ({ where }: Decoding, received: string): UnsupportedError =>
  new UnsupportedError({ where, expected: 'optimizers, losses and metrics of Keras', received })

/** Applies a function to each entry of a list or record by output name; other values are one entry. */
function each(value: Json, read: (item: Json) => unknown): unknown {
  if (isList(value)) return value.map(item => each(item, read))
  if (!isObject(value) || kerasObject(value) || value['class_name'] === 'function') return read(value)
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, each(item, read)]))
}

/** The name of a built-in function or class, and its configuration. */
function named(value: Json, decoding: Decoding): { name: string; config: Record<string, unknown> } {
  if (typeof value === 'string') return { name: functionName(value), config: {} }
  const object = kerasObject(value)
  if (object && isBuiltIn(object))
    return { name: functionName(object.className), config: decodeRecord(object.config, decoding) }
  if (isObject(value) && typeof value['config'] === 'string' && value['module'] !== null)
    return { name: functionName(value['config']), config: {} }
  throw unknown(decoding, JSON.stringify(value).slice(0, 200))
}

/** Keras 2 wrote no module; objects of somebody's own have one, and a name of their own. */
const isBuiltIn = ({ module, json }: KerasObject): boolean =>
  module === undefined
    ? json['registered_name'] === undefined || json['registered_name'] === null
    : module.startsWith('keras')

function decodeLoss(value: Json, decoding: Decoding): unknown {
  if (value === null) return null
  const { name, config } = named(value, decoding)
  const { name: _, fn: __, ...rest } = config
  return lossFromConfig(name, rest)
}

function decodeMetrics(value: Json, decoding: Decoding): MetricSpec {
  return each(value, item => {
    if (item === null) return []
    // Which accuracy it is follows from shapes, so its name is kept.
    if (typeof item === 'string') return functionName(item)
    const { name, config } = named(item, decoding)
    const { name: own, dtype: _, fn: __, ...rest } = config
    return metricFromConfig(name, rest, typeof own === 'string' ? functionName(own) : undefined)
  }) as MetricSpec
  // `compile` checks that the lists and names fit the model's outputs.
}

function decodeOptimizer(value: Json | undefined, model: Model, decoding: Decoding): Optimizer {
  if (typeof value === 'string') return fromConfig({ type: functionName(value), config: {} })
  const object = kerasObject(value)
  if (!object || !isBuiltIn(object)) throw unknown(decoding, JSON.stringify(value ?? null).slice(0, 200))
  return optimizerFromKeras({ name: functionName(object.className), config: object.config }, model, decoding)
}
