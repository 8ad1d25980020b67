import type { Recipe } from './step.ts'

/** What must be the same for a checkpoint to go on as if the run had never stopped: each of its parts, as text. */
export type Fingerprint = Readonly<Record<string, string>>

/**
 * The fingerprint of a run. Functions count by being there or not: their code cannot be compared. A learning rate that a callback
 * has changed is part of the state and not of this.
 */
export function fingerprintOf(recipe: Recipe, { description }: { readonly description: string }): Fingerprint {
  const { network, objectives, optimizer, trained, precision = 'float32' } = recipe
  const options = Object.entries(optimizer.config).map(([key, value]) => [`optimizer's ${key}`, plain(value)])
  return {
    weights: network.variables.map(({ path, shape }) => `${path}[${shape.join(',')}]`).join(' '),
    'trained weights': trained.map(({ path }) => path).join(' '),
    optimizer: optimizer.name,
    ...Object.fromEntries(options),
    losses: objectives
      .map(({ loss, weight }) => (loss ? `${loss.name} ${plain(loss.config)} times ${weight}` : 'none'))
      .join(', '),
    objective: recipe.custom ? 'a function' : 'the losses',
    metrics: objectives
      .flatMap(({ metrics }) => metrics.map(({ name, weighted }) => (weighted ? `${name} (weighted)` : name)))
      .join(' '),
    ...(recipe.augmentation
      ? { augmentation: `${recipe.augmentation.type} ${plain(recipe.augmentation.config)}` }
      : {}),
    precision,
    data: description,
  }
}

/** What differs between two fingerprints, as two phrases; `undefined` if nothing does. */
export function difference(wanted: Fingerprint, found: Fingerprint): { wanted: string; found: string } | undefined {
  const keys = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].filter(key => wanted[key] !== found[key])
  if (keys.length === 0) return undefined
  const told = (print: Fingerprint) => keys.map(key => `${key}: ${print[key] || 'none'}`).join('; ')
  return { wanted: told(wanted), found: told(found) }
}

const plain = (value: unknown): string => (typeof value === 'function' ? 'a function' : JSON.stringify(value, replaced))

function replaced(_key: string, value: unknown): unknown {
  if (value instanceof RegExp || typeof value === 'bigint') return String(value)
  // Schedules and inner optimizers are what their options say.
  if (typeof value === 'object' && value !== null && 'name' in value && 'config' in value)
    return { name: value.name, config: value.config }
  return typeof value === 'function' ? 'a function' : value
}
