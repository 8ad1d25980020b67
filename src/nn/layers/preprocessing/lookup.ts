import { ArgumentError, DTypeError, UnsupportedError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, scalar, scalarLike } from '../../../ops/constants.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { where as select } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { mod } from '../../../ops/math/mod.ts'
import { mul } from '../../../ops/math/mul.ts'
import { labelEncoder } from '../../../ops/text/label-encoder.ts'
import { oneOf, positiveInt } from '../arguments.ts'
import type { CommonOptions } from '../options.ts'
import { type EncodingMode, encoded } from './encode.ts'
import { learned, type Token, withoutSpecial } from './vocabulary.ts'

export interface LookupOptions<T extends Token> extends CommonOptions {
  /** Largest size of the vocabulary, special tokens counted. Default null: any. */
  readonly maxTokens?: number | null
  /** Numbers that tokens outside of the vocabulary get. Default 1; 0: they become −1, where Keras throws. */
  readonly numOovIndices?: number
  /** A token that stands for none, such as padding: 0 in mode `int`, nothing in the others. Default null: no such token. */
  readonly maskToken?: T | null
  /** With `invert`, what unknown numbers become. */
  readonly oovToken?: T
  /** The tokens, in the order of their numbers; with the special ones in front, or without them. Default null: `adapt` finds them. */
  readonly vocabulary?: readonly T[] | null
  /** For `tfIdf`, one weight for each token of `vocabulary`. */
  readonly idfWeights?: readonly number[] | null
  /** Numbers → tokens. Default false. */
  readonly invert?: boolean
  /** `int`: the numbers (int64). `tfIdf`: counts times inverse document frequencies. Default int. */
  readonly outputMode?: 'int' | EncodingMode | 'tfIdf'
  /** Make vectors as long as `maxTokens`, however many tokens there are. Default false. */
  readonly padToMaxTokens?: boolean
}

/** A vocabulary, and the part of a graph that looks tokens up in it: what the lookup layers share. */
export class Lookup<T extends Token> {
  /** As a layer's config: what `adapt` finds becomes part of it. */
  readonly config: {
    maxTokens: number | null
    numOovIndices: number
    maskToken: T | null
    oovToken: T
    vocabulary: readonly T[] | null
    idfWeights: readonly number[] | null
    invert: boolean
    outputMode: 'int' | EncodingMode | 'tfIdf'
    padToMaxTokens: boolean
  }

  constructor(
    private readonly where: string,
    private readonly dtype: 'string' | 'int64',
    options: LookupOptions<T>,
    oovToken: T,
  ) {
    const maxTokens = options.maxTokens ?? null
    if (maxTokens !== null && positiveInt(where, 'maxTokens', maxTokens) < 2)
      throw new ArgumentError({ where, expected: "'maxTokens' above 1", received: '1' })
    this.config = {
      maxTokens,
      numOovIndices: options.numOovIndices ?? 1,
      maskToken: options.maskToken ?? null,
      oovToken: options.oovToken ?? oovToken,
      vocabulary: null,
      idfWeights: null,
      invert: options.invert ?? false,
      outputMode: oneOf(where, 'outputMode', options.outputMode ?? 'int', [
        'int',
        'oneHot',
        'multiHot',
        'count',
        'tfIdf',
      ]),
      padToMaxTokens: options.padToMaxTokens ?? false,
    }
    const { numOovIndices, invert, outputMode, padToMaxTokens } = this.config
    if (!Number.isSafeInteger(numOovIndices) || numOovIndices < 0)
      throw new ArgumentError({ where, expected: "'numOovIndices' of 0 or more", received: String(numOovIndices) })
    if (dtype === 'string' && numOovIndices > 1 && !invert) {
      throw new UnsupportedError({
        where,
        expected: "'numOovIndices' of 0 or 1",
        received: String(numOovIndices),
        remedy: 'ONNX has no hash of strings that could tell unknown ones apart.',
      })
    }
    if (invert && outputMode !== 'int')
      throw new ArgumentError({ where, expected: "outputMode 'int' to invert", received: `'${outputMode}'` })
    if (padToMaxTokens && maxTokens === null)
      throw new ArgumentError({ where, expected: "'maxTokens' to pad to", received: 'none' })
    if (options.vocabulary) this.setVocabulary(options.vocabulary, options.idfWeights ?? null)
  }

  /** The special tokens: what stands for none, and those outside of the vocabulary. */
  private get special(): readonly (T | null)[] {
    const { maskToken, numOovIndices, oovToken, outputMode } = this.config
    const mask = maskToken !== null && outputMode === 'int' ? [maskToken] : []
    return [...mask, ...new Array<T>(numOovIndices).fill(oovToken)]
  }

  /** All tokens in the order of their numbers. */
  get tokens(): readonly (T | null)[] {
    return [...this.special, ...this.known]
  }

  private get known(): readonly T[] {
    if (this.config.vocabulary) return this.config.vocabulary
    throw new ArgumentError({
      where: this.where,
      expected: "a vocabulary before the layer is applied, as 'vocabulary' or by adapt(data)",
      received: 'none',
    })
  }

  setVocabulary(given: readonly T[], idfWeights: readonly number[] | null): void {
    const { where, config } = this
    const isToken = (token: T) => (this.dtype === 'string' ? typeof token === 'string' : Number.isSafeInteger(token))
    if (!Array.isArray(given) || !given.every(isToken)) {
      throw new ArgumentError({
        where,
        expected: `'vocabulary' to be a list of ${this.dtype === 'string' ? 'strings' : 'integers'}`,
        received: JSON.stringify(given).slice(0, 100),
      })
    }
    const tokens = withoutSpecial(where, given, this.special)
    if (
      (config.outputMode === 'tfIdf') !== (idfWeights !== null) ||
      (idfWeights && idfWeights.length !== given.length)
    ) {
      throw new ArgumentError({
        where,
        expected: "'idfWeights' in mode 'tfIdf' and in no other, one for each token of 'vocabulary'",
        received: idfWeights ? `${idfWeights.length} for ${given.length} tokens` : 'none',
      })
    }
    if (config.maxTokens !== null && tokens.length + this.special.length > config.maxTokens) {
      throw new ArgumentError({
        where,
        expected: `no more than ${config.maxTokens} tokens, special ones counted`,
        received: `${tokens.length + this.special.length}`,
      })
    }
    config.vocabulary = tokens
    // Without weights of their own, the special tokens get the mean.
    config.idfWeights = idfWeights?.slice(given.length - tokens.length) ?? null
  }

  adapt(documents: readonly (readonly T[])[]): void {
    const { config } = this
    const limit = config.maxTokens === null ? Number.POSITIVE_INFINITY : config.maxTokens - this.special.length
    const found = learned(documents, [config.maskToken, config.oovToken], limit)
    if (found.tokens.length === 0)
      throw new ArgumentError({ where: this.where, expected: 'data with tokens to adapt to', received: 'none' })
    config.vocabulary = found.tokens
    config.idfWeights = config.outputMode === 'tfIdf' ? found.idfWeights : null
  }

  /** The layer's result for tokens (or numbers, with `invert`). */
  apply(x: Value): Value {
    const { config, where } = this
    if (config.invert) return this.inverted(x)
    const input = this.dtype === 'int64' && x.dtype !== 'int64' && x.dtype !== 'string' ? cast(x, { to: 'int64' }) : x
    if (input.dtype !== this.dtype) {
      throw new DTypeError({
        where,
        expected: this.dtype === 'string' ? 'strings' : 'integers',
        received: x.dtype,
        remedy: `Declare them: layers.input({ shape, dtype: '${this.dtype}' }).`,
      })
    }
    const ids = this.idsOf(input)
    const { outputMode } = config
    if (outputMode === 'int') return ids
    const depth = config.padToMaxTokens && config.maxTokens !== null ? config.maxTokens : this.tokens.length
    if (outputMode !== 'tfIdf') return encoded(ids, outputMode, depth, where)
    const weights = config.idfWeights ?? []
    const mean = weights.reduce((a, b) => a + b, 0) / weights.length
    const all = [...this.special.map(() => mean), ...weights]
    const counts = encoded(ids, 'count', depth, where)
    return mul(counts, constant(Array.from({ length: depth }, (_, i) => all[i] ?? 0)))
  }

  private idsOf(x: Value): Value {
    const { maskToken, numOovIndices, outputMode } = this.config
    const first = this.special.length
    const keys = [...(maskToken === null ? [] : [maskToken]), ...this.known]
    // What stands for none has a number only where numbers come out.
    const none = outputMode === 'int' ? 0 : -1
    const values = [...(maskToken === null ? [] : [none]), ...this.known.map((_, i) => first + i)]
    const oov = first - numOovIndices
    const unknown = numOovIndices === 0 ? -1 : numOovIndices === 1 ? oov : -2
    const ids = labelEncoder(x, { ...columns('keys', keys), values_int64s: values, default_int64: unknown })
    if (numOovIndices < 2) return ids
    const spread = add(mod(x, scalar(numOovIndices, 'int64')), scalar(oov, 'int64'))
    return select(equal(ids, scalarLike(unknown, ids)), spread, ids)
  }

  private inverted(x: Value): Value {
    const { maskToken, oovToken } = this.config
    const first = this.special.length
    const numbers = [...(maskToken === null ? [] : [0]), ...this.known.map((_, i) => first + i)]
    const tokens = [...(maskToken === null ? [] : [maskToken]), ...this.known]
    const input = x.dtype === 'int64' ? x : cast(x, { to: 'int64' })
    const unknown = typeof oovToken === 'string' ? { default_string: oovToken } : { default_int64: Number(oovToken) }
    return labelEncoder(input, { keys_int64s: numbers, ...columns('values', tokens), ...unknown })
  }
}

/** A column of a label encoder's table. */
function columns(side: 'keys' | 'values', tokens: readonly Token[]) {
  const strings = tokens.filter(token => typeof token === 'string')
  const numbers = tokens.filter(token => typeof token === 'number')
  if (strings.length > 0) return side === 'keys' ? { keys_strings: strings } : { values_strings: strings }
  return side === 'keys' ? { keys_int64s: numbers } : { values_int64s: numbers }
}
