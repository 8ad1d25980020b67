import { ArgumentError } from '../../core/errors.ts'
import { finite, isSerialized, notNegative, positive, type Serialized } from '../../nn/serialized.ts'
import { resolveSchedule } from '../schedules/resolve.ts'
import type { Schedule } from '../schedules/schedule.ts'
import { checkMatch, type ParameterGroup, type PathMatch } from './match.ts'
import type { Settings } from './optimizer.ts'

/** Options of all optimizers; null means the same as leaving it out, as None does in Keras. */
export interface OptimizerOptions {
  readonly learningRate?: number | Schedule | Serialized
  /** Decoupled weight decay: before the update, weight −= learningRate · weightDecay · weight. */
  readonly weightDecay?: number | null
  /** Scales each weight's gradient down to this norm. At most one of the three kinds of clipping. */
  readonly clipnorm?: number | null
  /** Clips each gradient's elements to ±this. */
  readonly clipvalue?: number | null
  /** Scales all gradients down together to this norm. */
  readonly globalClipnorm?: number | null
  /** Keeps a running average of the weights, which replaces them when `fit` returns. Default false. */
  readonly useEma?: boolean
  /** How much of the average is kept in each step. Default 0.99. */
  readonly emaMomentum?: number
  /** Replaces the weights by their average every so many steps, too. */
  readonly emaOverwriteFrequency?: number | null
  /** The loss is multiplied by this before gradients are taken, and they are divided by it: against underflow in float16. */
  readonly lossScaleFactor?: number | null
  /** Updates every so many steps, with the mean of their gradients. Two or more. */
  readonly gradientAccumulationSteps?: number | null
  /** Weights that do not decay, e.g. `['bias', 'gamma', 'beta']`. */
  readonly excludeFromWeightDecay?: readonly PathMatch[] | PathMatch
  /** Weights with a learning rate or a weight decay of their own. */
  readonly parameterGroups?: readonly ParameterGroup[]
}

/** Checks the common options, fills in defaults. `config` is what Keras's `get_config` holds of them, and ours. */
export function settingsOf(
  where: string,
  options: OptimizerOptions,
  learningRate: number,
): { readonly settings: Settings; readonly config: Readonly<Record<string, unknown>> } {
  const optional = <T>(value: T | null | undefined, check: (value: T) => T): T | undefined =>
    value === null || value === undefined ? undefined : check(value)
  const settings: Settings = {
    learningRate: rateOf(where, options.learningRate ?? learningRate),
    weightDecay: optional(options.weightDecay, value => notNegative(where, 'weightDecay', value)),
    clipnorm: optional(options.clipnorm, value => positive(where, 'clipnorm', value)),
    clipvalue: optional(options.clipvalue, value => positive(where, 'clipvalue', value)),
    globalClipnorm: optional(options.globalClipnorm, value => positive(where, 'globalClipnorm', value)),
    useEma: options.useEma ?? false,
    emaMomentum: share(where, 'emaMomentum', options.emaMomentum ?? 0.99),
    emaOverwriteFrequency: optional(options.emaOverwriteFrequency, value =>
      count(where, 'emaOverwriteFrequency', value, 1),
    ),
    lossScaleFactor: optional(options.lossScaleFactor, value => positive(where, 'lossScaleFactor', value)),
    gradientAccumulationSteps: optional(options.gradientAccumulationSteps, value =>
      count(where, 'gradientAccumulationSteps', value, 2),
    ),
    excludeFromWeightDecay: [options.excludeFromWeightDecay ?? []]
      .flat()
      .map(match => checkMatch(where, 'excludeFromWeightDecay', match)),
    parameterGroups: (options.parameterGroups ?? []).map(group => checkGroup(where, group)),
  }
  const { clipnorm, clipvalue, globalClipnorm } = settings
  if ([clipnorm, clipvalue, globalClipnorm].filter(value => value !== undefined).length > 1) {
    throw new ArgumentError({
      where,
      expected: "at most one of 'clipnorm', 'clipvalue' and 'globalClipnorm'",
      received: JSON.stringify({ clipnorm, clipvalue, globalClipnorm }),
    })
  }
  const { excludeFromWeightDecay, parameterGroups, ...keras } = settings
  const config = Object.fromEntries(Object.entries(keras).map(([key, value]) => [key, value ?? null]))
  return { settings, config: { ...config, excludeFromWeightDecay, parameterGroups } }
}

function rateOf(where: string, given: number | Schedule | Serialized): number | Schedule {
  if (isSerialized(given)) return resolveSchedule(given, where)
  if (typeof given === 'number') return finite(where, 'learningRate', given)
  if (typeof given === 'object' && given !== null && typeof given.at === 'function') return given
  throw new ArgumentError({
    where,
    expected: "'learningRate' to be a number or a schedule",
    received: JSON.stringify(given),
  })
}

function checkGroup(where: string, { match, learningRateMultiplier = 1, weightDecay }: ParameterGroup): ParameterGroup {
  return {
    match: checkMatch(where, 'match', match),
    learningRateMultiplier: notNegative(where, 'learningRateMultiplier', learningRateMultiplier),
    ...(weightDecay === undefined
      ? {}
      : { weightDecay: weightDecay === null ? null : notNegative(where, 'weightDecay', weightDecay) }),
  }
}

/** A number from 0 to 1. */
export function share(where: string, name: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw new ArgumentError({ where, expected: `'${name}' from 0 to 1`, received: String(value) })
}

function count(where: string, name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new ArgumentError({
    where,
    expected: `'${name}' to be an integer, ${least} or above`,
    received: String(value),
  })
}

/** β₁, β₂ and ε of the Adam family, checked. */
export const adamConfig = (
  where: string,
  options: { readonly beta1?: number; readonly beta2?: number; readonly epsilon?: number },
) => ({
  beta1: share(where, 'beta1', options.beta1 ?? 0.9),
  beta2: share(where, 'beta2', options.beta2 ?? 0.999),
  epsilon: notNegative(where, 'epsilon', options.epsilon ?? 1e-7),
})
