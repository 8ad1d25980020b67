import { ArgumentError } from '../core/errors.ts'

/** Keras's class name and the options that made an object, in camelCase with the defaults filled in: what files hold of it. */
export interface Serialized {
  readonly type: string
  readonly config: Readonly<Record<string, unknown>>
}

/** Class names that are not the function's name with a capital letter. */
const classNames: Readonly<Record<string, string>> = { stft: 'STFT', sgd: 'SGD', rmsprop: 'RMSprop' }

/** `{ type: 'GlorotUniform', config }` of an object made by `glorotUniform`. */
export const serialized = ({
  name,
  config,
}: {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
}): Serialized => ({ type: classNames[name] ?? name.charAt(0).toUpperCase() + name.slice(1), config })

export const isSerialized = (given: unknown): given is Serialized =>
  typeof given === 'object' &&
  given !== null &&
  'type' in given &&
  typeof given.type === 'string' &&
  'config' in given &&
  typeof given.config === 'object' &&
  given.config !== null

/** What makes objects of a family, by name. Makers check their options themselves, wherever these come from. */
type Makers<T> = Readonly<Record<string, (options: never) => T>>

/** Makes an object again from its serialised form. Class names are found in any spelling: `GlorotUniform`, `glorot_uniform`. */
export function deserialized<T>(
  makers: Makers<T>,
  { type, config }: Serialized,
  where: string,
  kind: string,
  aliases: Readonly<Record<string, string>> = {},
): T {
  const plain = plainName(type)
  const wanted = aliases[plain] ?? plain
  const name = Object.keys(makers).find(key => plainName(key) === wanted)
  const make = name === undefined ? undefined : makers[name]
  if (!make) {
    throw new ArgumentError({
      where,
      expected: `${kind} among ${Object.keys(makers).join(', ')}`,
      received: `'${type}'`,
    })
  }
  // A maker of one family reads options of its own from `config` and throws on values that it does not take.
  return make(config as never)
}

const plainName = (name: string): string => name.replaceAll('_', '').toLowerCase()

/** Checks of options, made when an object is made. `where` is the function that makes it. */

export function finite(where: string, name: string, value: number): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new ArgumentError({ where, expected: `'${name}' to be a finite number`, received: String(value) })
}

export function notNegative(where: string, name: string, value: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw new ArgumentError({
    where,
    expected: `'${name}' to be a finite number, 0 or above`,
    received: String(value),
  })
}

export function positive(where: string, name: string, value: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
  throw new ArgumentError({ where, expected: `'${name}' to be a finite number above 0`, received: String(value) })
}
