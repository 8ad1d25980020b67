import { ArgumentError } from '../../core/errors.ts'
import { adam, adamW } from './adam.ts'
import type { Optimizer } from './optimizer.ts'
import { rmsprop } from './rmsprop.ts'
import { sgd } from './sgd.ts'

const byName = { adam, adamW, sgd, rmsprop }
export type OptimizerName = keyof typeof byName

/** By name with Keras's defaults, or as it is. */
export function resolveOptimizer(given: OptimizerName | Optimizer): Optimizer {
  if (typeof given !== 'string') return given
  const make = byName[given]
  if (make) return make()
  throw new ArgumentError({
    where: 'compile',
    expected: `an optimizer among ${Object.keys(byName).join(', ')}`,
    received: `'${String(given)}'`,
  })
}
