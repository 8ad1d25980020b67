import type { Value } from '../../graph/value.ts'
import { scalar } from '../../ops/constants.ts'
import { mul } from '../../ops/math/mul.ts'
import { sub } from '../../ops/math/sub.ts'
import type { Schedule } from '../schedules/schedule.ts'

export interface OptimizerOptions {
  readonly learningRate?: number | Schedule
  /** Clips each gradient's norm. */
  readonly clipnorm?: number
  /** Clips each gradient's elements to ±this. */
  readonly clipvalue?: number
  /** Clips the norm of all gradients together. */
  readonly globalClipnorm?: number
  /** Decoupled weight decay: weight −= learningRate · weightDecay · weight, before the update. */
  readonly weightDecay?: number
}

/** Scalars that one step needs for all weights, computed once. */
export type Coefficients = Readonly<Record<string, Value>>

/**
 * An optimizer is elementwise arithmetic on a weight, its gradient and its slots, written as a graph. Because it is
 * elementwise, the step may run it on a weight, on many small ones laid end to end, or chunk by chunk.
 */
export interface Optimizer {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly learningRate: number | Schedule
  readonly clipnorm: number | undefined
  readonly clipvalue: number | undefined
  readonly globalClipnorm: number | undefined
  /** Names of the slots, each of the weight's shape, starting at zero. */
  readonly slots: readonly string[]
  /** `step`: finished steps (float32 scalar, 0 at first). */
  coefficients(rate: Value, step: Value): Coefficients
  update(
    weight: Value,
    gradient: Value,
    slots: readonly Value[],
    coefficients: Coefficients,
  ): { readonly weight: Value; readonly slots: readonly Value[] }
}

/** What all optimizers keep of the common options. */
export const common = (options: OptimizerOptions, learningRate: number) => ({
  learningRate: options.learningRate ?? learningRate,
  clipnorm: options.clipnorm,
  clipvalue: options.clipvalue,
  globalClipnorm: options.globalClipnorm,
})

/** The coefficient that `decayed` needs: learning rate × decay, if there is any. */
export const decayCoefficient = (weightDecay: number | undefined, rate: Value): Coefficients =>
  weightDecay ? { decay: mul(rate, scalar(weightDecay)) } : {}

export const decayed = (weight: Value, { decay }: Coefficients): Value =>
  decay ? sub(weight, mul(weight, decay)) : weight

/** A coefficient by name. */
export function need(coefficients: Coefficients, name: string): Value {
  const found = coefficients[name]
  if (!found) throw new Error(`optimizer coefficient '${name}' is missing`)
  return found
}
