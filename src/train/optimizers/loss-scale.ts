import { ArgumentError } from '../../core/errors.ts'
import { positive } from '../../nn/serialized.ts'
import type { Optimizer } from './optimizer.ts'

export interface LossScaleOptions {
  /** Default 2¹⁵. */
  readonly initialScale?: number
  /** Default 2000. */
  readonly dynamicGrowthSteps?: number
}

/**
 * Dynamic loss scaling around another optimizer, against gradients that vanish in float16: the loss is multiplied by a scale
 * before gradients are taken, and they are divided by it. A step whose gradients are not all finite changes nothing but halves
 * the scale; after `dynamicGrowthSteps` good steps in a row it doubles. Micikevicius et al., "Mixed Precision Training", 2017.
 */
export function lossScaleOptimizer(inner: Optimizer, options: LossScaleOptions = {}): Optimizer {
  const where = 'lossScaleOptimizer'
  if (inner.lossScaling)
    throw new ArgumentError({ where, expected: 'an optimizer without loss scaling', received: inner.name })
  const initialScale = positive(where, 'initialScale', options.initialScale ?? 2 ** 15)
  const dynamicGrowthSteps = options.dynamicGrowthSteps ?? 2000
  if (!Number.isSafeInteger(dynamicGrowthSteps) || dynamicGrowthSteps < 1) {
    throw new ArgumentError({
      where,
      expected: "'dynamicGrowthSteps' to be a positive integer",
      received: String(dynamicGrowthSteps),
    })
  }
  return {
    ...inner,
    name: where,
    config: { innerOptimizer: inner, initialScale, dynamicGrowthSteps },
    lossScaling: { inner, initialScale, dynamicGrowthSteps },
    lossScaleFactor: undefined, // the dynamic scale takes its place
  }
}
