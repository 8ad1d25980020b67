import { ArgumentError } from '../../core/errors.ts'
import { checkMatch, matches, type PathMatch } from './match.ts'
import type { Member, Optimizer } from './optimizer.ts'
import { settingsOf } from './settings.ts'

export interface MultiOptimizerOptions {
  /** Which weights which optimizer trains. The first that matches a weight counts. */
  readonly optimizers: readonly { readonly match: PathMatch; readonly optimizer: Optimizer }[]
  /** Trains the other weights. */
  readonly defaultOptimizer: Optimizer
  /** For all of them. */
  readonly lossScaleFactor?: number | null
}

/**
 * Several optimizers, each for weights of its own, with its own rate, clipping, averages and accumulation: Keras's MultiOptimizer.
 * Loss scaling is around all of them, not inside.
 */
export function multiOptimizer({
  optimizers,
  defaultOptimizer,
  lossScaleFactor = null,
}: MultiOptimizerOptions): Optimizer {
  const where = 'multiOptimizer'
  for (const { name, lossScaling, lossScaleFactor, members } of [
    ...optimizers.map(({ optimizer }) => optimizer),
    defaultOptimizer,
  ]) {
    if (lossScaling || members || lossScaleFactor !== undefined) {
      throw new ArgumentError({
        where,
        expected: 'optimizers without loss scaling that are not made of others',
        received: name,
        remedy: lossScaling ? 'Put lossScaleOptimizer around multiOptimizer.' : '',
      })
    }
  }
  const members: Member[] = [
    ...optimizers.map(({ match, optimizer }) => ({ match: checkMatch(where, 'match', match), optimizer })),
    { match: undefined, optimizer: defaultOptimizer },
  ]
  const { settings } = settingsOf(where, { lossScaleFactor }, 0)
  return {
    name: where,
    ...settings,
    config: { optimizers, defaultOptimizer, lossScaleFactor },
    members,
    ruleFor(weight) {
      const own = members.find(({ match }) => match === undefined || matches(match, weight.path))
      return (own?.optimizer ?? defaultOptimizer).ruleFor(weight)
    },
  }
}
