import { ArgumentError } from '../../core/errors.ts'

/**
 * Chooses weights. A string is searched for as a regular expression in the weight's own name (`bias`, `gamma|beta`), as Keras does;
 * a RegExp in its whole path (`/^encoder\//`); a function is asked with the path.
 */
export type PathMatch = string | RegExp | ((path: string) => boolean)

/** Weights that are trained with settings of their own. The first group that matches a weight counts. */
export interface ParameterGroup {
  readonly match: PathMatch
  /** Factor of the learning rate. Default 1. */
  readonly learningRateMultiplier?: number
  /** In place of the optimizer's. `null`: none. */
  readonly weightDecay?: number | null
}

export function matches(match: PathMatch, path: string): boolean {
  if (typeof match === 'function') return match(path)
  if (typeof match === 'string') return new RegExp(match).test(path.slice(path.lastIndexOf('/') + 1))
  match.lastIndex = 0 // a global expression would go on from its last match
  return match.test(path)
}

/** Checks what was given as a match, and revives a RegExp from its serialised form. */
export function checkMatch(where: string, name: string, given: unknown): PathMatch {
  if (given instanceof RegExp) return given
  // Whether a function is a predicate cannot be checked before it is called.
  if (typeof given === 'function') return given as PathMatch
  try {
    if (typeof given === 'string') {
      new RegExp(given)
      return given
    }
    if (isExpression(given)) return new RegExp(given.source, given.flags)
  } catch (cause) {
    throw new ArgumentError({
      where,
      expected: `'${name}' to be a regular expression`,
      received: JSON.stringify(given),
      cause,
    })
  }
  throw new ArgumentError({
    where,
    expected: `'${name}' to be a part of a weight's name, a RegExp or a function of its path`,
    received: String(given),
  })
}

/** The serialised form of a match; `undefined` for a function, which has none. */
export function serializedMatch(match: PathMatch): string | { source: string; flags: string } | undefined {
  if (typeof match === 'function') return undefined
  return typeof match === 'string' ? match : { source: match.source, flags: match.flags }
}

const isExpression = (given: unknown): given is { source: string; flags: string } =>
  typeof given === 'object' &&
  given !== null &&
  'source' in given &&
  typeof given.source === 'string' &&
  'flags' in given &&
  typeof given.flags === 'string'
