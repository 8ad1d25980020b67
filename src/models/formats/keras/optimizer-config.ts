import { UnsupportedError } from '../../../core/errors.ts'
import { fromConfig, multiOptimizer, type Optimizer, toConfig } from '../../../train/optimizers/index.ts'
import { lossScaleOptimizer } from '../../../train/optimizers/loss-scale.ts'
import { matches } from '../../../train/optimizers/match.ts'
import type { Model } from '../../model.ts'
import { type Decoding, decodeRecord, kerasObject } from './decode.ts'
import { encoded } from './encode.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import { functionName, snake } from './names.ts'
import { type Trained, trainedInKeras } from './variable-paths.ts'

/** An optimizer of Keras, for a model: which of several optimizers trains a weight follows from the weight's path. */
export function optimizerFromKeras(
  { name, config }: { readonly name: string; readonly config: JsonObject },
  model: Model,
  decoding: Decoding,
): Optimizer {
  const inner = (given: Json | undefined, options: JsonObject = {}): Optimizer => {
    const object = kerasObject(given)
    if (!object) throw unknown(decoding, given)
    const { className, config } = object
    return optimizerFromKeras({ name: functionName(className), config: { ...config, ...options } }, model, decoding)
  }
  if (name === 'lossScaleOptimizer') {
    const { inner_optimizer: within, name: _, ...rest } = config
    return lossScaleOptimizer(inner(within), decodeRecord(rest, decoding))
  }
  if (name !== 'multiOptimizer') return fromConfig({ type: name, config: decodeRecord(config, decoding) })
  const map = kerasObject(config['optimizer_map'])?.config
  const byPath = map?.['optimizer_map'] ?? {}
  if (!map || !isObject(byPath)) throw unknown(decoding, config['optimizer_map'])
  const { loss_scale_factor: factor } = config
  const trained = trainedInKeras(model)
  const patterns = Object.keys(byPath)
  // Keras gives its own factor to all of them.
  const overridden = { loss_scale_factor: null }
  return multiOptimizer({
    optimizers: Object.entries(byPath).map(([pattern, optimizer]) => ({
      match: matchOf(pattern, patterns, trained, decoding),
      optimizer: inner(optimizer, overridden),
    })),
    defaultOptimizer: inner(map['default_optimizer'], overridden),
    lossScaleFactor: typeof factor === 'number' ? factor : null,
  })
}

/**
 * Weights whose path a key of OptimizerMap is, or matches as a whole. A path that is a key itself belongs to that key alone. The
 * expression is kept where it finds the same weights by the paths they have here.
 */
function matchOf(
  pattern: string,
  patterns: readonly string[],
  trained: readonly Trained[],
  decoding: Decoding,
): RegExp {
  const expression = expressionOf(pattern, trained, decoding)
  const chosen = trained.filter(({ path }) => path === pattern || (!patterns.includes(path) && expression.test(path)))
  const here = trained.filter(({ variable }) => expression.test(variable.path))
  const same = here.length === chosen.length && here.every(one => chosen.includes(one))
  return same ? expression : anyOf(chosen.map(({ variable }) => variable.path))
}

/**
 * Patterns and paths come from a file, so what matching may cost is bounded: no repeated groups, three repetitions in each alternative
 * and paths of 300 characters at most.
 */
function expressionOf(pattern: string, trained: readonly Trained[], decoding: Decoding): RegExp {
  const repeats = pattern.split('|').some(part => (part.match(/(?<!\\)[*+{]/g) ?? []).length > 3)
  const bounded = !repeats && !/\)[*+{]/.test(pattern) && trained.every(({ path }) => path.length <= 300)
  try {
    if (bounded) return new RegExp(`^(?:${pattern})$`)
  } catch {
    // Python's expressions are not all JavaScript's.
  }
  throw unknown(decoding, pattern)
}

const anyOf = (paths: readonly string[]): RegExp => new RegExp(`^(?:${paths.map(escaped).join('|')})$`)
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/**
 * An optimizer as Keras writes it. Which weights are treated apart (`excludeFromWeightDecay`, `parameterGroups`) is ours alone: Keras
 * takes no such options, and does not keep what it has of the kind. Of several optimizers each is filed under the paths of its weights.
 */
export function optimizerToKeras(optimizer: Optimizer, model: Model, where: string): Json {
  const { lossScaling, members } = optimizer
  const object = (type: string, config: JsonObject): JsonObject => ({
    module: 'keras.optimizers',
    class_name: type,
    config,
    registered_name: null,
  })
  if (lossScaling)
    return object('LossScaleOptimizer', {
      name: 'loss_scale_optimizer',
      inner_optimizer: optimizerToKeras(lossScaling.inner, model, where),
      initial_scale: lossScaling.initialScale,
      dynamic_growth_steps: lossScaling.dynamicGrowthSteps,
    })
  if (members) {
    const parts = memberParts(optimizer, trainedInKeras(model))
    const named = parts.flatMap(({ member, trained }): [string, Json][] => {
      const key = trained.map(({ path }) => (trained.length === 1 ? path : escaped(path))).join('|')
      // An optimizer without weights has no place in Keras's map, which is by weights.
      return member.match === undefined || key === '' ? [] : [[key, optimizerToKeras(member.optimizer, model, where)]]
    })
    const rest = members.find(({ match }) => match === undefined)
    return object('MultiOptimizer', {
      optimizer_map: object('OptimizerMap', {
        default_optimizer: rest ? optimizerToKeras(rest.optimizer, model, where) : null,
        optimizer_map: Object.fromEntries(named),
      }),
      loss_scale_factor: optimizer.lossScaleFactor ?? null,
      name: 'multi_optimizer',
    })
  }
  const { type, config } = toConfig(optimizer)
  const { excludeFromWeightDecay: _, parameterGroups: __, ...options } = config
  return encoded({ type, config: { name: snake(optimizer.name), ...options } }, 'optimizer', where)
}

/** Several optimizers, each with the weights that it trains, by its place among them. */
export const memberParts = ({ members = [] }: Optimizer, trained: readonly Trained[]) =>
  members.map((member, i) => ({
    member,
    place: i,
    trained: trained.filter(
      ({ variable }) => members.findIndex(({ match }) => match === undefined || matches(match, variable.path)) === i,
    ),
  }))

const unknown = ({ where }: Decoding, received: Json | undefined): UnsupportedError =>
  new UnsupportedError({
    where,
    expected: 'an optimizer of Keras',
    received: String(JSON.stringify(received)).slice(0, 200),
  })
