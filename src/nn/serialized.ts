import { ArgumentError } from '../core/errors.ts'
import type { Value } from '../graph/value.ts'

/** Keras's class name and the options that made an object, in camelCase with the defaults filled in: what files hold of it. */
export interface Serialized {
  readonly type: string
  readonly config: Readonly<Record<string, unknown>>
}

/** Keras's class names that are not the function's name with a capital letter. */
const oddClasses: Readonly<Record<string, string>> = {
  auc: 'AUC',
  binaryIou: 'BinaryIoU',
  ctc: 'CTC',
  iou: 'IoU',
  klDivergence: 'KLDivergence',
  meanIou: 'MeanIoU',
  oneHotIou: 'OneHotIoU',
  oneHotMeanIou: 'OneHotMeanIoU',
  rmsprop: 'RMSprop',
  sgd: 'SGD',
  stft: 'STFT',
}

/** `glorotUniform` → `GlorotUniform`. */
export const className = (name: string): string => oddClasses[name] ?? name.charAt(0).toUpperCase() + name.slice(1)

/** The function's name of a class that `className` does not spell by rule. */
export const oddFunctionNames: ReadonlyMap<string, string> = new Map(
  Object.entries(oddClasses).map(([name, type]) => [type, name]),
)

/** `{ type: 'GlorotUniform', config }` of an object made by `glorotUniform`. */
export const serialized = ({
  name,
  config,
}: {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
}): Serialized => ({ type: className(name), config })

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

/** What constraints and regularizers are: a function of a weight, and what made it. */
export interface WeightFunction {
  readonly name: string
  /** Everything that made it, defaults filled in. */
  readonly config: Readonly<Record<string, unknown>>
  call(weight: Value): Value
}

/** By name with Keras's defaults, from its serialised form, as it is, or none. A function becomes one named `custom`. */
export function resolveWeightFunction(
  makers: Readonly<Record<string, () => WeightFunction>>,
  given: string | WeightFunction | Serialized | WeightFunction['call'] | null | undefined,
  where: string,
  kind: string,
): WeightFunction | undefined {
  if (given === null || given === undefined) return undefined
  if (typeof given === 'function') return { name: 'custom', config: {}, call: given }
  if (typeof given === 'string') {
    const make = makers[given]
    if (make) return make()
    throw new ArgumentError({
      where,
      expected: `${kind} among ${Object.keys(makers).join(', ')}`,
      received: `'${given}'`,
    })
  }
  return isSerialized(given) ? deserialized(makers, given, where, kind) : given
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
