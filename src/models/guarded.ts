import { ArgumentError } from '../core/errors.ts'
import { metricNames } from '../nn/metrics.ts'
import type { Recipe } from '../train/step.ts'
import type { Trainer } from '../train/trainer.ts'

/** What results inherit from, for each recipe: making forty getters takes longer than the rest of a step's bookkeeping. */
const prototypes = new WeakMap<Recipe, object>()

/** Results that throw when asked for a built-in metric that was not compiled, rather than giving `undefined` for a number. */
export function guarded<T extends object>(results: object, { recipe }: Trainer): T {
  const prototype = prototypes.get(recipe) ?? refusals(recipe)
  prototypes.set(recipe, prototype)
  // Every name of the type is there now: as a number, or as a getter that throws.
  return Object.assign(Object.create(prototype), results) as T
}

/** A getter that throws for each built-in metric that was not compiled. */
function refusals({ objectives }: Recipe): object {
  const compiled = objectives.flatMap(({ metrics }) => metrics.map(({ name }) => name))
  const prototype = {}
  for (const name of metricNames) {
    if (compiled.includes(name)) continue
    Object.defineProperty(prototype, name, {
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
  return prototype
}
