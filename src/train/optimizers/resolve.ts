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
import { type PathMatch, serializedMatch } from './match.ts'
import { muon } from './muon.ts'
import { nadam } from './nadam.ts'
import type { Optimizer } from './optimizer.ts'
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
    lossScaleOptimizer: ({ innerOptimizer, ...options }: LossScaleOptions & { readonly innerOptimizer?: unknown }) => {
      if (isSerialized(innerOptimizer)) return lossScaleOptimizer(fromConfig(innerOptimizer), options)
      throw new ArgumentError({
        where: 'lossScaleOptimizer',
        expected: "'innerOptimizer' as { type, config }",
        received: JSON.stringify(innerOptimizer),
      })
    },
  }
  return deserialized(makers, { type, config }, 'optimizer', 'an optimizer')
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
