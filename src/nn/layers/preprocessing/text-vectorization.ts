import { ArgumentError } from '../../../core/errors.ts'
import type { TensorData } from '../../../core/tensor-data.ts'
import { ints } from '../../../ops/constants.ts'
import { slice } from '../../../ops/shape/slice.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { VectorizedBy } from '../../shapes/encoding.ts'
import { oneOf, positiveInt } from '../arguments.ts'
import { type CommonOptions, common } from '../options.ts'
import type { EncodingMode } from './encode.ts'
import { Lookup } from './lookup.ts'
import type { Lookups } from './lookup-layers.ts'

type Standardize = 'lowerAndStripPunctuation' | 'lower' | 'stripPunctuation'

export interface TextVectorizationOptions extends CommonOptions {
  /** Largest size of the vocabulary, special tokens counted. Default null: any. */
  readonly maxTokens?: number | null
  /** What is done to texts before they are split. Default lowerAndStripPunctuation. */
  readonly standardize?: Standardize | null
  /** Default whitespace. Null: each text is one token. */
  readonly split?: 'whitespace' | 'character' | null
  /** Runs of up to n tokens, or of the lengths listed, become tokens of their own. Default null. */
  readonly ngrams?: number | readonly number[] | null
  /** `int`: one number (int64) for each token. The others: one vector for each text. Default int. */
  readonly outputMode?: 'int' | EncodingMode | 'tfIdf'
  /** In mode `int`, every text is cut or filled up (with 0) to this many tokens. Default null: as long as the longest of a batch. */
  readonly outputSequenceLength?: number | null
  /** Make vectors as long as `maxTokens`, however many tokens there are. Default false. */
  readonly padToMaxTokens?: boolean
  /** The tokens, in the order of their numbers. Default null: `adapt` finds them. */
  readonly vocabulary?: readonly string[] | null
  /** For `tfIdf`, one weight for each token of `vocabulary`. */
  readonly idfWeights?: readonly number[] | null
}

/** What makes tokens of texts. */
export interface Tokenizes extends Omit<Lookups<string>, 'adapt'> {
  /** Takes in the vocabulary of texts; an earlier one is forgotten. Returns the layer. */
  adapt(texts: readonly string[]): this
  /** Texts as the layer takes them: [texts, tokens], filled up with ''. The ONNX graph begins behind this step. */
  tokenize(texts: readonly string[]): TensorData<'string'>
}

/**
 * Texts → numbers of their tokens, or vectors of a vocabulary, given or found by `adapt`. Two steps: `tokenize(texts)` standardises,
 * splits and joins n-grams as Keras does, in JavaScript, since ONNX has no operators for it; its result, strings [texts, tokens], is what
 * the layer takes in a model (`input({ shape: [length], dtype: 'string' })`), and looks up in the graph.
 */
export function textVectorization<const O extends TextVectorizationOptions = Record<never, never>>(
  given?: O,
): Layer<VectorizedBy<O>> & Tokenizes {
  const options: TextVectorizationOptions = given ?? {}
  const where = 'textVectorization'
  const { standardize = 'lowerAndStripPunctuation', split = 'whitespace', ngrams = null } = options
  const { outputSequenceLength = null } = options
  // Unlike the mask of the other lookups, '' stands for none in all modes.
  const lookup = new Lookup<string>(where, 'string', { ...options, maskToken: '' }, '[UNK]')
  const own = {
    standardize:
      standardize &&
      oneOf(where, 'standardize', standardize, ['lowerAndStripPunctuation', 'lower', 'stripPunctuation']),
    split: split && oneOf(where, 'split', split, ['whitespace', 'character']),
    ngrams: ngrams === null ? null : lengthsOf(where, ngrams),
    outputSequenceLength:
      outputSequenceLength === null ? null : positiveInt(where, 'outputSequenceLength', outputSequenceLength),
  }
  const { maxTokens, outputMode, padToMaxTokens } = lookup.config
  const config = {
    maxTokens,
    outputMode,
    padToMaxTokens,
    ...own,
    get vocabulary() {
      return lookup.config.vocabulary
    },
    get idfWeights() {
      return lookup.config.idfWeights
    },
  }
  const tokensOf = (text: string): readonly string[] =>
    withNgrams(parts(standardized(text, own.standardize), own.split), own.ngrams)

  const layer: Layer<VectorizedBy<O>> = makeLayer({
    type: 'TextVectorization',
    ...common(where, options),
    config,
    call([x]) {
      const length = own.outputSequenceLength
      const size = x.shape[1]
      if (outputMode !== 'int' || length === null || size === length) return lookup.apply(x)
      if (typeof size === 'number' && size > length) return lookup.apply(slice(x, ints([0]), ints([length]), ints([1])))
      throw new ArgumentError({
        where,
        expected: `inputs of at least ${length} tokens, as tokenize(texts) gives them`,
        received: String(size),
      })
    },
  })
  const result: Layer<VectorizedBy<O>> & Tokenizes = Object.assign(layer, {
    adapt(texts: readonly string[]) {
      lookup.adapt(texts.map(tokensOf))
      return result
    },
    tokenize(texts: readonly string[]): TensorData<'string'> {
      const rows = texts.map(tokensOf)
      const fixed = outputMode === 'int' ? own.outputSequenceLength : null
      const length = fixed ?? rows.reduce((longest, row) => Math.max(longest, row.length), 1)
      const data = rows.flatMap(row => Array.from({ length }, (_, i) => row[i] ?? ''))
      return { dtype: 'string', shape: [texts.length, length], data }
    },
    getVocabulary: () => lookup.tokens,
    setVocabulary(vocabulary: readonly string[], idfWeights?: readonly number[]) {
      lookup.setVocabulary(vocabulary, idfWeights ?? null)
    },
  })
  return result
}

/** `2` → [1, 2]. */
function lengthsOf(where: string, ngrams: number | readonly number[]): readonly number[] {
  if (typeof ngrams === 'number') return Array.from({ length: positiveInt(where, 'ngrams', ngrams) }, (_, i) => i + 1)
  return ngrams.map(length => positiveInt(where, 'ngrams', length))
}

const punctuation = /[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~']/g

function standardized(text: string, how: Standardize | null): string {
  const lower = how === 'lower' || how === 'lowerAndStripPunctuation' ? asciiLower(text) : text
  return how === 'stripPunctuation' || how === 'lowerAndStripPunctuation' ? lower.replaceAll(punctuation, '') : lower
}

/** TensorFlow's lower(), which leaves letters beyond ASCII alone. */
const asciiLower = (text: string): string => text.replaceAll(/[A-Z]+/g, letters => letters.toLowerCase())

function parts(text: string, split: 'whitespace' | 'character' | null): readonly string[] {
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
