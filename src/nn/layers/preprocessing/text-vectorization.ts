import { ArgumentError } from '../../../core/errors.ts'
import type { TensorData } from '../../../core/tensor-data.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { squeeze } from '../../../ops/shape/squeeze.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { VectorizedBy } from '../../shapes/encoding.ts'
import { oneOf, positiveInt } from '../arguments.ts'
import { type CommonOptions, common } from '../options.ts'
import type { EncodingMode } from './encode.ts'
import { Lookup } from './lookup.ts'
import type { Lookups } from './lookup-layers.ts'
import { areTexts, fitted, packed, tokensInGraph } from './text-graph.ts'
import { type Standardize, tokensOf } from './tokens.ts'

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
  /** Texts as the layer takes them in place of texts: [texts, tokens], two columns at least, filled up with ''. */
  tokenize(texts: readonly string[]): TensorData<'string'>
}

/**
 * Texts → numbers of their tokens, or vectors of a vocabulary, given or found by `adapt`. A model takes the texts,
 * `input({ shape: [1], dtype: 'string' })`, as in Keras: standardising, splitting and joining n-grams are part of its graph, by operators
 * of ONNX Runtime. Where only this layer reads an input, `fit`, `evaluate` and `predict` do all that once, before the graph.
 *
 * The layer also takes the tokens themselves, strings [texts, tokens] as `tokenize(texts)` gives them; an exported file takes texts all
 * the same. Functions of one's own for standardising and splitting are not supported: apply them to the texts first.
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
  const fixed = outputMode === 'int' ? own.outputSequenceLength : null
  const tokenized = (texts: readonly string[], least: number) => {
    const rows = texts.map(text => tokensOf(text, own))
    const length = Math.max(fixed ?? rows.reduce((longest, row) => Math.max(longest, row.length), 0), least)
    const data = new Array<string>(texts.length * length).fill('')
    for (const [i, row] of rows.entries()) {
      const kept = Math.min(row.length, length)
      for (let j = 0; j < kept; j++) data[i * length + j] = row[j] ?? ''
    }
    return { length, data }
  }

  // With an axis in between, so that a single token is not taken for a text.
  const prepare = (texts: TensorData): TensorData => {
    if (!Array.isArray(texts.data) || texts.shape.slice(1).some(size => size !== 1)) return texts
    const { length, data } = tokenized(texts.data, 1)
    return { dtype: 'string', shape: [texts.data.length, 1, length], data }
  }

  const layer: Layer<VectorizedBy<O>> = makeLayer({
    type: 'TextVectorization',
    ...common(where, options),
    config,
    call([x]) {
      if (!areTexts(x)) return lookup.apply(leading(x.shape.length === 3 ? squeeze(x, ints([1])) : x, fixed))
      const found = lookup.apply(tokensInGraph(x, own, fixed))
      if (outputMode !== 'int') return found
      const ids = own.ngrams === null ? found : packed(found)
      return fixed === null ? ids : fitted(ids, fixed)
    },
    preparation: () => prepare,
  })
  const result: Layer<VectorizedBy<O>> & Tokenizes = Object.assign(layer, {
    adapt(texts: readonly string[]) {
      lookup.adapt(texts.map(text => tokensOf(text, own)))
      return result
    },
    tokenize(texts: readonly string[]): TensorData<'string'> {
      const { length, data } = tokenized(texts, 2)
      return { dtype: 'string', shape: [texts.length, length], data }
    },
    getVocabulary: () => lookup.tokens,
    setVocabulary(vocabulary: readonly string[], idfWeights?: readonly number[]) {
      lookup.setVocabulary(vocabulary, idfWeights ?? null)
    },
  })
  return result
}

/** The first tokens of each row. */
function leading(tokens: Value, length: number | null): Value {
  const size = tokens.shape[1]
  if (length === null || size === length) return tokens
  if (typeof size === 'number' && size > length) return slice(tokens, ints([0]), ints([length]), ints([1]))
  throw new ArgumentError({
    where: 'textVectorization',
    expected: `texts, of shape [1], or at least ${length} tokens, as tokenize(texts) gives them`,
    received: String(size),
  })
}

/** `2` → [1, 2]. */
function lengthsOf(where: string, ngrams: number | readonly number[]): readonly number[] {
  if (typeof ngrams === 'number') return Array.from({ length: positiveInt(where, 'ngrams', ngrams) }, (_, i) => i + 1)
  return ngrams.map(length => positiveInt(where, 'ngrams', length))
}
