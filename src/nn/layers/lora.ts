import { ArgumentError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { scalarLike } from '../../ops/constants.ts'
import { add } from '../../ops/math/add.ts'
import { matMul } from '../../ops/math/mat-mul.ts'
import { mul } from '../../ops/math/mul.ts'
import { heUniform, zeros } from '../initializers.ts'
import type { LayerScope } from '../layer.ts'
import type { WeightOptions } from '../variable.ts'
import { positiveInt } from './arguments.ts'

export interface LoraOptions {
  /** Low-rank adaptation: freezes the kernel and trains the product of two matrices of this rank, which is added to it. */
  readonly loraRank?: number | null
  /** The product is scaled by loraAlpha / loraRank. Default: the rank. */
  readonly loraAlpha?: number | null
}

interface Lora {
  readonly rank: number
  readonly alpha: number
}

/** Checks the options; `undefined` where there is no rank. */
export function loraOf(
  where: string,
  { loraRank, loraAlpha }: LoraOptions,
  { constraint }: Omit<WeightOptions, 'shape'>,
): Lora | undefined {
  if (loraRank === undefined || loraRank === null) return undefined
  if (constraint) {
    throw new ArgumentError({
      where,
      expected: "no constraint on the kernel beside 'loraRank'",
      received: `'${constraint.name}'`,
      remedy: 'A constraint would hold for the resting kernel only: leave one of the two out.',
    })
  }
  const rank = positiveInt(where, 'loraRank', loraRank)
  const alpha = loraAlpha ?? rank
  if (Number.isFinite(alpha)) return { rank, alpha }
  throw new ArgumentError({ where, expected: "'loraAlpha' to be a finite number", received: String(alpha) })
}

/**
 * Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021: kernel + alpha / rank · a · b, where a [.., rank] and b [rank, out]
 * are trained. b begins with zeros, so that training begins with the kernel as it is.
 */
export function adapted(
  scope: LayerScope,
  name: string,
  kernel: Value,
  shape: readonly number[],
  lora: Lora | undefined,
  { regularizer }: Omit<WeightOptions, 'shape'>,
): Value {
  if (!lora) return kernel
  const { rank, alpha } = lora
  const a = scope.weight(`lora_${name}_a`, {
    shape: [...shape.slice(0, -1), rank],
    initializer: heUniform(),
    regularizer,
  })
  const b = scope.weight(`lora_${name}_b`, {
    shape: [rank, shape.at(-1) ?? 1],
    initializer: zeros(),
    regularizer,
  })
  return add(kernel, mul(matMul(a, b), scalarLike(alpha / rank, kernel)))
}
