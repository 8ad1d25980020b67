import { ArgumentError, UnsupportedError } from '../../core/errors.ts'
import { deserialized, isSerialized, type Serialized, serialized } from '../../nn/serialized.ts'
import { adadelta } from './adadelta.ts'
import { adafactor } from './adafactor.ts'
import { adagrad } from './adagrad.ts'
import { adam, adamW } from './adam.ts'
import { adamax } from './adamax.ts'
import { ftrl } from './ftrl.ts'
import { lamb } from './lamb.ts'
import { lion } from './lion.ts'
import { type LossScaleOptions, lossScaleOptimizer } from './loss-scale.ts'
import { checkMatch, type PathMatch, serializedMatch } from './match.ts'
import { multiOptimizer } from './multi.ts'
import { muon } from './muon.ts'
import { nadam } from './nadam.ts'
import type { Member, Optimizer } from './optimizer.ts'
import { rmsprop } from './rmsprop.ts'
import { scheduleFreeAdamW } from './schedule-free-adamw.ts'
import { sgd } from './sgd.ts'

const byName = {
  adam,
  adamW,
  sgd,
  rmsprop,
  adamax,
  adagrad,
  adadelta,
  nadam,
  ftrl,
  lion,
  lamb,
  adafactor,
  muon,
  scheduleFreeAdamW,
}
export type OptimizerName = keyof typeof byName

/** By name with Keras's defaults, from its serialised form, or as it is. */
export function resolveOptimizer(given: OptimizerName | Optimizer | Serialized): Optimizer {
  if (typeof given === 'string') {
    const make = byName[given]
    if (make) return make()
    throw new ArgumentError({
      where: 'compile',
      expected: `an optimizer among ${Object.keys(byName).join(', ')}`,
      received: `'${String(given)}'`,
    })
  }
  return isSerialized(given) ? fromConfig(given) : given
}

/**
 * `{ type: 'Adam', config }` of an optimizer: plain JSON that `fromConfig` makes it of again. Throws when weights are chosen by a
 * function, which no file can hold.
 */
export function toConfig(optimizer: Optimizer): Serialized {
  const { type, config } = serialized(optimizer)
  const plain = Object.entries(config).map(([key, value]): [string, unknown] => {
    if (key === 'learningRate' && typeof optimizer.learningRate === 'object')
      return [key, serialized(optimizer.learningRate)]
    if (key === 'innerOptimizer' && optimizer.lossScaling) return [key, toConfig(optimizer.lossScaling.inner)]
    if (key === 'defaultOptimizer') {
      const rest = optimizer.members?.find(({ match }) => match === undefined)
      return [key, rest && toConfig(rest.optimizer)]
    }
    if (key === 'optimizers') {
      const plainMember = ({ match, optimizer }: Member) =>
        match === undefined ? [] : [{ match: plainMatch(match), optimizer: toConfig(optimizer) }]
      return [key, optimizer.members?.flatMap(plainMember)]
    }
    if (key === 'excludeFromWeightDecay') return [key, optimizer.excludeFromWeightDecay.map(plainMatch)]
    if (key === 'parameterGroups')
      return [key, optimizer.parameterGroups.map(group => ({ ...group, match: plainMatch(group.match) }))]
    return [key, value]
  })
  return { type, config: Object.fromEntries(plain) }
}

/** An optimizer from its serialised form; throws for one that is not known, or whose options are wrong. */
export function fromConfig({ type, config }: Serialized): Optimizer {
  const makers = {
    ...byName,
    lossScaleOptimizer: ({ innerOptimizer, ...options }: LossScaleOptions & { readonly innerOptimizer?: unknown }) =>
      lossScaleOptimizer(within('lossScaleOptimizer', 'innerOptimizer', innerOptimizer), options),
    multiOptimizer: ({ optimizers, defaultOptimizer, lossScaleFactor = null }: Readonly<Record<string, unknown>>) =>
      multiOptimizer({
        optimizers: listed(optimizers).map(member => ({
          match: checkMatch('multiOptimizer', 'match', member['match']),
          optimizer: within('multiOptimizer', 'optimizer', member['optimizer']),
        })),
        defaultOptimizer: within('multiOptimizer', 'defaultOptimizer', defaultOptimizer),
        lossScaleFactor: lossScaleFactor === null ? null : Number(lossScaleFactor),
      }),
  }
  return deserialized(makers, { type, config }, 'optimizer', 'an optimizer')
}

/** The objects of a list that a file holds. */
function listed(given: unknown): readonly Readonly<Record<string, unknown>>[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  return list.map(item => {
    if (typeof item === 'object' && item !== null) return { ...item }
    throw new ArgumentError({
      where: 'multiOptimizer',
      expected: "'optimizers' as a list of { match, optimizer }",
      received: JSON.stringify(item) ?? 'nothing',
    })
  })
}

/** An optimizer in another one's config. */
function within(where: string, name: string, given: unknown): Optimizer {
  if (isSerialized(given)) return fromConfig(given)
  throw new ArgumentError({
    where,
    expected: `'${name}' as { type, config }`,
    received: JSON.stringify(given) ?? 'nothing',
  })
}

function plainMatch(match: PathMatch): unknown {
  const plain = serializedMatch(match)
  if (plain !== undefined) return plain
  throw new UnsupportedError({
    where: 'optimizer',
    expected: 'weights chosen by name or by a RegExp, which can be written to a file',
    received: 'a function',
  })
}
