import type { Minus, Plus } from './arithmetic.ts'
import type { AsDims, First, IsUnknown, Option, Size } from './functions.ts'
import type { Apply, Dims, Mismatch, ShapeFunction } from './shape-function.ts'

/** Categories as numbers of the input's shape (`int`), or as vectors of `Depth`: see `EncodingMode`. */
export interface Encoded<Name extends string, Mode, Depth> extends ShapeFunction {
  readonly output: First<this['input']> extends infer S
    ? IsUnknown<S> extends true
      ? Dims
      : [Mode] extends ['int']
        ? AsDims<S>
        : [Mode] extends ['oneHot']
          ? OneHot<S, Size<Depth>>
          : [Mode] extends ['multiHot' | 'count' | 'tfIdf']
            ? S extends readonly [unknown, ...infer Rest extends Dims]
              ? readonly [...Rest, Size<Depth>]
              : Mismatch<`${Name} needs inputs of shape [categories, …] for this outputMode`>
            : Dims
    : never
}
/** An axis of size 1 at the end becomes the vector's. */
type OneHot<S, Depth extends number> = S extends readonly [...infer Lead extends Dims, infer Last]
  ? Last extends 1
    ? readonly [...Lead, Depth]
    : number extends Last
      ? Dims
      : readonly [...AsDims<S>, Depth]
  : readonly [Depth]

export type EncodedBy<Name extends string, O, Default extends string, Depth> = Encoded<
  Name,
  Option<O, 'outputMode', Default>,
  Depth
>

/** One more bin than boundaries. */
export type BinsOf<O> = O extends { readonly binBoundaries: infer B extends readonly number[] }
  ? Plus<B['length'], 1>
  : number

/** Vectors of a vocabulary: as long as it will be, unless they are padded. */
export type VocabularySize<O> = O extends { readonly padToMaxTokens: true; readonly maxTokens: infer N extends number }
  ? N
  : number

/** Texts, [] or [1], or rows of tokens → the numbers of the tokens, cut or filled up to a length where one is stated, or vectors. */
export interface Vectorized<Mode, Length, Depth> extends ShapeFunction {
  readonly output: First<this['input']> extends infer S
    ? S extends readonly [] | readonly [1]
      ? OfTexts<Mode, Length, Depth>
      : [Mode] extends ['int']
        ? [Length] extends [number]
          ? CutTo<S, Length>
          : Apply<Encoded<'textVectorization', 'int', number>, S>
        : Apply<Encoded<'textVectorization', Mode, Depth>, S>
    : never
}
type OfTexts<Mode, Length, Depth> = [Mode] extends ['int']
  ? readonly [[Length] extends [number] ? Length : number]
  : readonly [Size<Depth>]
type CutTo<Input, Length extends number> = Input extends readonly [infer Tokens, ...infer Rest extends Dims]
  ? number extends Tokens
    ? readonly [Length, ...Rest]
    : [Minus<Tokens, Length>] extends [never]
      ? Mismatch<`textVectorization needs texts, or inputs of at least ${Length} tokens`>
      : readonly [Length, ...Rest]
  : Dims

export type VectorizedBy<O> = Vectorized<
  Option<O, 'outputMode', 'int'>,
  Option<O, 'outputSequenceLength', null>,
  VocabularySize<O>
>
