import { ArgumentError } from '../../../core/errors.ts'

/** Tokens in order of their frequency, and what tf-idf needs: learned from documents, or given. */

export type Token = string | number

export interface Learned<T extends Token> {
  readonly tokens: readonly T[]
  /** log(1 + documents / (1 + documents with the token)), for each token. */
  readonly idfWeights: readonly number[]
}

/** The most frequent tokens first; of equally frequent ones the larger first, as in Keras. */
export function learned<T extends Token>(
  documents: readonly (readonly T[])[],
  special: readonly (T | null)[],
  limit: number,
): Learned<T> {
  const counts = new Map<T, number>()
  const containing = new Map<T, number>()
  for (const document of documents) {
    for (const token of document) counts.set(token, (counts.get(token) ?? 0) + 1)
    for (const token of new Set(document)) containing.set(token, (containing.get(token) ?? 0) + 1)
  }
  for (const token of special) if (token !== null) counts.delete(token)
  const tokens = [...counts]
    .sort(([a, m], [b, n]) => n - m || compared(b, a))
    .slice(0, limit)
    .map(([token]) => token)
  const idfWeights = tokens.map(token => Math.log(1 + documents.length / (1 + (containing.get(token) ?? 0))))
  return { tokens, idfWeights }
}

/** Numbers by size, strings by the bytes of their UTF-8, which is the order of their code points. */
function compared(a: Token, b: Token): number {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) - Number(b)
  const [x, y] = [Array.from(a), Array.from(b)]
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return x.length - y.length
}

/** A vocabulary as given, without the special tokens that may stand at its head. */
export function withoutSpecial<T extends Token>(
  where: string,
  vocabulary: readonly T[],
  special: readonly (T | null)[],
): readonly T[] {
  const stripped = special.every((token, i) => vocabulary[i] === token) ? vocabulary.slice(special.length) : vocabulary
  const reserved = stripped.find(token => special.includes(token))
  if (reserved !== undefined) {
    throw new ArgumentError({
      where,
      expected: "'vocabulary' with all special tokens in front, or without them",
      received: `${JSON.stringify(reserved)} among the others`,
    })
  }
  if (stripped.length > 0 && new Set(stripped).size === stripped.length) return stripped
  throw new ArgumentError({
    where,
    expected: "'vocabulary' to hold tokens, each once",
    received: stripped.length === 0 ? 'none' : `${stripped.length} tokens, of which ${new Set(stripped).size} differ`,
  })
}
