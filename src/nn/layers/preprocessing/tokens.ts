/** Texts to tokens as Keras does it. `text-graph.ts` says the same in operators. */

export type Standardize = 'lowerAndStripPunctuation' | 'lower' | 'stripPunctuation'

export interface Tokenization {
  readonly standardize: Standardize | null
  readonly split: 'whitespace' | 'character' | null
  /** Lengths of the runs that become tokens. */
  readonly ngrams: readonly number[] | null
}

export const loweringCase = (how: Standardize | null): boolean => how === 'lower' || how === 'lowerAndStripPunctuation'
export const strippingPunctuation = (how: Standardize | null): boolean =>
  how === 'stripPunctuation' || how === 'lowerAndStripPunctuation'

export const tokensOf = (text: string, { standardize, split, ngrams }: Tokenization): readonly string[] =>
  withNgrams(parts(standardized(text, standardize), split), ngrams)

const punctuation = /[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~']/g

function standardized(text: string, how: Standardize | null): string {
  const lower = loweringCase(how) ? asciiLower(text) : text
  return strippingPunctuation(how) ? lower.replaceAll(punctuation, '') : lower
}

/** TensorFlow's lower(), which leaves letters beyond ASCII alone. */
const asciiLower = (text: string): string =>
  beyondAscii.test(text) ? text.replaceAll(/[A-Z]+/g, letters => letters.toLowerCase()) : text.toLowerCase()

const beyondAscii = /[\u0080-\uffff]/

function parts(text: string, split: Tokenization['split']): readonly string[] {
  if (split === null) return [text]
  if (split === 'character') return Array.from(text)
  return text.split(/[ \t\n\v\f\r]+/).filter(token => token !== '')
}

/** All runs of the first length, then of the next, each joined by spaces. */
const withNgrams = (tokens: readonly string[], lengths: readonly number[] | null): readonly string[] =>
  lengths === null
    ? tokens
    : lengths.flatMap(length =>
        Array.from({ length: Math.max(0, tokens.length - length + 1) }, (_, i) =>
          tokens.slice(i, i + length).join(' '),
        ),
      )
