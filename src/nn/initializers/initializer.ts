import { ArgumentError } from '../../core/errors.ts'
import { Rng } from '../../core/rng.ts'
import { sizeOf } from '../../core/shape.ts'
import type { TensorData } from '../../core/tensor-data.ts'

/** Draws a weight's first values. */
export interface Initializer {
  /** The name of the function that makes it, `glorotUniform`. */
  readonly name: string
  /** Everything that made it, defaults filled in. */
  readonly config: Readonly<Record<string, unknown>>
  /** `rng`: a stream of the weight's own, from the model's seed. */
  init(shape: readonly number[], rng: Rng): TensorData<'float32'>
}

export interface SeedOption {
  /** Draws the same values each time, whatever the model's seed. Default null: the model's seed decides. */
  readonly seed?: number | null
}

/** A seed as it stands in a config. */
export function seedOf(where: string, { seed = null }: SeedOption): number | null {
  if (seed === null || Number.isSafeInteger(seed)) return seed
  throw new ArgumentError({ where, expected: "'seed' to be an integer or null", received: String(seed) })
}

/** The stream to draw from: that of the seed, if there is one. */
export const streamOf = (seed: number | null, rng: Rng): Rng => (seed === null ? rng : new Rng(seed))

/** Elements one by one. */
export function fill(shape: readonly number[], next: (index: number) => number): TensorData<'float32'> {
  const data = new Float32Array(sizeOf(shape))
  for (let i = 0; i < data.length; i++) data[i] = next(i)
  return { dtype: 'float32', shape, data }
}
