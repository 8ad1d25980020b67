import { ArgumentError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { ints } from '../../ops/constants.ts'
import { concat } from '../../ops/shape/concat.ts'
import { slice } from '../../ops/shape/slice.ts'
import type { LayerScope } from '../layer.ts'

export interface SeedOption {
  /** Draws the same bits in every run, whatever the run's seed: they differ from step to step only. Default null: the run's seed decides. */
  readonly seed?: number | null
}

/** A seed as it stands in a config. */
export function seedOf(where: string, { seed = null }: SeedOption): number | null {
  if (seed === null || Number.isSafeInteger(seed)) return seed
  throw new ArgumentError({ where, expected: "'seed' to be an integer or null", received: String(seed) })
}

/** The key to draw from: of this layer and step, or of the seed and the step. */
export function seededKey(scope: LayerScope, seed: number | null, purpose?: string): Value {
  const key = scope.randomKey(purpose)
  return seed === null ? key : concat([slice(key, ints([0]), ints([1])), ints([seed])], { axis: 0 })
}
