import { ArgumentError } from '../core/errors.ts'
import type { AnyLayer } from './layer.ts'

/** Keras's automatic names: `dense`, `dense_1`, `max_pooling2d`, … Each layer's name in a model is its path there. */
export function nameLayers(layers: readonly AnyLayer[]): ReadonlyMap<AnyLayer, string> {
  const unnamed = numbering(
    layers.map(layer => layer.name),
    'layer',
  )
  return new Map(layers.map(layer => [layer, layer.name ?? unnamed(snakeCase(layer.type))]))
}

/** `input_layer`, `input_layer_1`, … for inputs without a name of their own; a single one is called `input`. */
export function nameInputs(names: readonly (string | undefined)[]): readonly string[] {
  if (names.length === 1) return [names[0] ?? 'input']
  const unnamed = numbering(names, 'input')
  return names.map(name => name ?? unnamed('input_layer'))
}

/** Numbers what has no name, past the names that were given; those must differ. */
function numbering(given: readonly (string | undefined)[], what: string): (base: string) => string {
  const taken = new Set<string>()
  for (const name of given) {
    if (name === undefined) continue
    if (taken.has(name)) {
      throw new ArgumentError({
        where: 'model',
        expected: `${what} names that do not repeat`,
        received: `'${name}' twice`,
        remedy: `Give one of the two ${what}s another name.`,
      })
    }
    taken.add(name)
  }
  const counts = new Map<string, number>()
  return base => {
    for (;;) {
      const count = counts.get(base) ?? 0
      counts.set(base, count + 1)
      const name = count === 0 ? base : `${base}_${count}`
      if (!taken.has(name)) return name
    }
  }
}

/** `MaxPooling2D` → `max_pooling2d`, as Keras does it. */
export const snakeCase = (type: string): string =>
  type
    .replace(/\W+/g, '')
    .replace(/([A-Za-z0-9])([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
