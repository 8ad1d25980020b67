import { ArgumentError } from '../core/errors.ts'
import { metricNames } from '../nn/metrics.ts'
import type { Trainer } from '../train/trainer.ts'

/** Results that throw when asked for a built-in metric that was not compiled, rather than giving `undefined` for a number. */
export function guarded<T extends object>(results: object, { recipe }: Trainer): T {
  const compiled = recipe.objectives.flatMap(({ metrics }) => metrics.map(({ name }) => name))
  const copy: object = { ...results }
  for (const name of metricNames) {
    if (name in copy) continue
    Object.defineProperty(copy, name, {
      enumerable: false,
      get: () => {
        throw new ArgumentError({
          where: `result '${name}'`,
          expected: `one of the compiled metrics (${['loss', ...compiled].join(', ')})`,
          received: `'${name}'`,
          remedy: `Add it: compile({ metrics: ['${name}'] }).`,
        })
      },
    })
  }
  // Every name of the type is there now: as a number, or as a getter that throws.
  return copy as T
}
