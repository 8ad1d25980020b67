import { ArgumentError } from '../../../core/errors.ts'
import { isTensorData } from '../../../core/nested.ts'
import { type TensorData, toNumbers } from '../../../core/tensor-data.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { EncodedBy, VocabularySize } from '../../shapes/encoding.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import { common } from '../options.ts'
import { Lookup, type LookupOptions } from './lookup.ts'
import type { Adaptable } from './normalization.ts'
import type { Token } from './vocabulary.ts'

/** Tokens to learn from: those of one document each, or in a list of documents. */
export type Documents<T extends Token> = TensorData | readonly T[] | readonly (readonly T[])[]

/** A layer with a vocabulary. */
export interface Lookups<T extends Token> extends Adaptable<Documents<T>> {
  /** All tokens in the order of their numbers, special ones among them. */
  getVocabulary(): readonly (T | null)[]
  setVocabulary(vocabulary: readonly T[], idfWeights?: readonly number[]): void
}

/**
 * Integers → their numbers in a vocabulary, given or found by `adapt`, as numbers or as vectors (`outputMode`). The vocabulary is part
 * of the config and of the graph. Integers outside of it share `numOovIndices` numbers by their remainder.
 */
export function integerLookup<const O extends LookupOptions<number> = Record<never, never>>(
  given?: O,
): Layer<EncodedBy<'integerLookup', O, 'int', VocabularySize<O>>> & Lookups<number> {
  const options: LookupOptions<number> = given ?? {}
  const lookup = new Lookup('integerLookup', 'int64', options, -1)
  return lookupLayer('IntegerLookup', 'integerLookup', options, lookup, tensor => Array.from(toNumbers(tensor)))
}

/**
 * Strings → their numbers in a vocabulary, given or found by `adapt`, as numbers or as vectors (`outputMode`). The vocabulary is part of
 * the config and of the graph: inputs have dtype `string`. Unlike in Keras unknown strings cannot be told apart, since graphs
 * have no hash of strings.
 */
export function stringLookup<const O extends LookupOptions<string> = Record<never, never>>(
  given?: O,
): Layer<EncodedBy<'stringLookup', O, 'int', VocabularySize<O>>> & Lookups<string> {
  const options: LookupOptions<string> = given ?? {}
  const lookup = new Lookup('stringLookup', 'string', options, '[UNK]')
  return lookupLayer('StringLookup', 'stringLookup', options, lookup, stringsOf)
}

function stringsOf({ dtype, data }: TensorData): readonly string[] {
  if (Array.isArray(data)) return data
  throw new ArgumentError({ where: 'stringLookup', expected: 'strings', received: dtype })
}

function lookupLayer<T extends Token, F extends ShapeFunction>(
  type: string,
  where: string,
  options: LookupOptions<T>,
  lookup: Lookup<T>,
  read: (tensor: TensorData) => readonly T[],
): Layer<F> & Lookups<T> {
  const layer: Layer<F> = makeLayer({
    type,
    ...common(where, options),
    config: lookup.config,
    call: ([x]) => lookup.apply(x),
  })
  const result: Layer<F> & Lookups<T> = Object.assign(layer, {
    adapt(data: Documents<T>) {
      lookup.adapt(documentsOf(data, read))
      return result
    },
    getVocabulary: () => lookup.tokens,
    setVocabulary(vocabulary: readonly T[], idfWeights?: readonly number[]) {
      lookup.setVocabulary(vocabulary, idfWeights ?? null)
    },
  })
  return result
}

/** As lists of tokens; a tensor's rows are documents, and a token on its own is one. */
function documentsOf<T extends Token>(
  data: Documents<T>,
  read: (tensor: TensorData) => readonly T[],
): readonly (readonly T[])[] {
  if (!isTensorData(data)) return data.map(item => (isList(item) ? item : [item]))
  const all = read(data)
  const width = all.length / (data.shape[0] ?? 1)
  return Array.from({ length: data.shape[0] ?? 0 }, (_, i) => all.slice(i * width, (i + 1) * width))
}

const isList = <T extends Token>(item: T | readonly T[]): item is readonly T[] => typeof item === 'object'
