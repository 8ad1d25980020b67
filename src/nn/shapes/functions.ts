import type { AtLeast, Divide, DivideUp, Minus, Multiply, Plus, Product } from './arithmetic.ts'
import type { AnyShape, Dims, Mismatch, ShapeFunction } from './shape-function.ts'

/** What layers do to shapes, for the compiler. The sizes that they really find are worked out by tracing; tests hold the two together. */

/** A shape that the compiler knows nothing about: tuples have a literal length. */
type IsUnknown<S> = S extends Dims ? (number extends S['length'] ? true : false) : false

type AsDims<T> = T extends Dims ? T : Dims

/** Elementwise layers, and those that keep every size. */
export interface SameShape extends ShapeFunction {
  readonly output: AsDims<this['input']>
}

/** Along the last axis: […, in] → […, Units]. */
export interface LastAxis<Units, Name extends string> extends ShapeFunction {
  readonly output: this['input'] extends readonly []
    ? Mismatch<`${Name} needs an input with at least one axis beside the batch`>
    : this['input'] extends readonly [...infer Rest extends Dims, number | null]
      ? readonly [...Rest, Size<Units>]
      : Dims
}

/** All axes in one. */
export interface Flat extends ShapeFunction {
  readonly output: readonly [this['input'] extends Dims ? Product<this['input']> : number]
}

/** A new last axis: […] → […, Size]. */
export interface Appended<N> extends ShapeFunction {
  readonly output: this['input'] extends Dims ? readonly [...this['input'], Size<N>] : Dims
}

/** A new first axis: [features] → [N, features]. */
export interface Repeated<N> extends ShapeFunction {
  readonly output: this['input'] extends readonly [infer One extends number | null]
    ? readonly [Size<N>, One]
    : IsUnknown<this['input']> extends true
      ? Dims
      : Mismatch<'repeatVector needs inputs of shape [features]'>
}

/** A shape of as many elements, where −1 stands for what is left; that they are as many is checked when the model is made. */
export interface Fixed<S extends readonly number[]> extends ShapeFunction {
  readonly output: { readonly [K in keyof S]: S[K] extends -1 ? number : S[K] }
}

/** Windows over the leading axes, channels last. `Channels` undefined: as many as before. */
export interface Windowed<Name extends string, Rank extends 1 | 2 | 3, W extends WindowTypes, Channels = undefined>
  extends ShapeFunction {
  readonly output: OnImage<Name, Rank, this['input'], W, Channels>
}

/** One number, or one per axis. */
export interface WindowTypes {
  readonly size: unknown
  readonly strides: unknown
  readonly dilation: unknown
  readonly padding: unknown
}

type OnImage<Name extends string, Rank extends 1 | 2 | 3, Input, W extends WindowTypes, Channels> =
  IsUnknown<Input> extends true
    ? Dims
    : Rank extends 1
      ? Input extends readonly [infer A, infer C]
        ? Checked<Name, readonly [WindowCount<A, W, 0>], ChannelsOf<C, Channels>>
        : Mismatch<`${Name} needs inputs of shape [steps, channels]`>
      : Rank extends 2
        ? Input extends readonly [infer A, infer B, infer C]
          ? Checked<Name, readonly [WindowCount<A, W, 0>, WindowCount<B, W, 1>], ChannelsOf<C, Channels>>
          : Mismatch<`${Name} needs inputs of shape [height, width, channels]`>
        : Input extends readonly [infer A, infer B, infer D, infer C]
          ? Checked<
              Name,
              readonly [WindowCount<A, W, 0>, WindowCount<B, W, 1>, WindowCount<D, W, 2>],
              ChannelsOf<C, Channels>
            >
          : Mismatch<`${Name} needs inputs of shape [depth, height, width, channels]`>

type ChannelsOf<Before, After> = After extends undefined
  ? Before extends number | null
    ? Before
    : number
  : Size<After>

type Checked<Name extends string, Sizes extends readonly unknown[], Channels extends number | null> = Sizes extends Dims
  ? readonly [...Sizes, Channels]
  : Mismatch<`${Name} has a window larger than its input`>

/** Number of windows along an axis; `undefined` where none fits. */
type WindowCount<N, W extends WindowTypes, Axis extends number> = N extends null
  ? null
  : At<W['padding'], Axis> extends 'same' | 'causal'
    ? DivideUp<N, At<W['strides'], Axis>>
    : W['padding'] extends 'valid'
      ? Valid<N, Reach<At<W['size'], Axis>, At<W['dilation'], Axis>>, At<W['strides'], Axis>>
      : number
type Valid<N, Window, Stride> = AtLeast<N, Window> extends true ? Plus<Divide<Minus<N, Window>, Stride>, 1> : undefined
/** A window of k elements, d apart. */
type Reach<K, D> = Plus<Multiply<Minus<K, 1>, D>, 1>

/** `3` or `[3, 5]` → the size along an axis. */
type At<V, Axis extends number> = V extends readonly unknown[] ? V[Axis] : V

type Size<N> = N extends number ? N : number

/** [spatial…, channels] → [channels]. */
export interface GlobalPooled<Name extends string, Rank extends 1 | 2 | 3, KeepDims = false> extends ShapeFunction {
  readonly output: IsUnknown<this['input']> extends true
    ? Dims
    : Rank extends 1
      ? this['input'] extends readonly [unknown, infer C extends number | null]
        ? Kept<KeepDims, readonly [1], C>
        : Mismatch<`${Name} needs inputs of shape [steps, channels]`>
      : Rank extends 2
        ? this['input'] extends readonly [unknown, unknown, infer C extends number | null]
          ? Kept<KeepDims, readonly [1, 1], C>
          : Mismatch<`${Name} needs inputs of shape [height, width, channels]`>
        : this['input'] extends readonly [unknown, unknown, unknown, infer C extends number | null]
          ? Kept<KeepDims, readonly [1, 1, 1], C>
          : Mismatch<`${Name} needs inputs of shape [depth, height, width, channels]`>
}
type Kept<KeepDims, Ones extends readonly 1[], C extends number | null> = KeepDims extends true
  ? readonly [...Ones, C]
  : KeepDims extends false
    ? readonly [C]
    : Dims

/** Several inputs of one shape → that shape. Sizes that differ broadcast, which the compiler leaves to the engine. */
export interface Merged extends ShapeFunction {
  readonly output: this['input'] extends readonly [infer First extends Dims, ...infer Rest extends readonly Dims[]]
    ? Rest[number] extends First
      ? First
      : Dims
    : Dims
}

/** Several inputs, one after the other along the last axis. */
export interface ConcatenatedLast extends ShapeFunction {
  readonly output: this['input'] extends readonly [infer First extends Dims, ...infer Rest extends readonly Dims[]]
    ? AppendLast<First, Rest>
    : Dims
}
type AppendLast<S extends Dims, Rest extends readonly Dims[]> = Rest extends readonly [
  infer Next extends Dims,
  ...infer More extends readonly Dims[],
]
  ? S extends readonly [...infer Lead extends Dims, infer A]
    ? Next extends readonly [...Dims, infer B]
      ? AppendLast<readonly [...Lead, Size<Plus<A, B>>], More>
      : Dims
    : Dims
  : S

/** An option as it was given, or its default. */
export type Option<O, Key extends string, Default> = Key extends keyof O
  ? Exclude<O[Key], undefined | null> | (undefined extends O[Key] ? Default : null extends O[Key] ? Default : never)
  : Default

/** Channels that come first are not followed. */
type ChannelsLast<O, F extends ShapeFunction> =
  Option<O, 'dataFormat', 'channelsLast'> extends 'channelsLast' ? F : AnyShape

export type ConvShape<
  Name extends string,
  Rank extends 1 | 2 | 3,
  O extends { readonly filters: number; readonly kernelSize: unknown },
> = ChannelsLast<
  O,
  Windowed<
    Name,
    Rank,
    {
      readonly size: O['kernelSize']
      readonly strides: Option<O, 'strides', 1>
      readonly dilation: Option<O, 'dilationRate', 1>
      readonly padding: Option<O, 'padding', 'valid'>
    },
    O['filters']
  >
>

export type PoolShape<Name extends string, Rank extends 1 | 2 | 3, O> = ChannelsLast<
  O,
  Windowed<
    Name,
    Rank,
    {
      readonly size: Option<O, 'poolSize', 2>
      readonly strides: Option<O, 'strides', Option<O, 'poolSize', 2>>
      readonly dilation: 1
      readonly padding: Option<O, 'padding', 'valid'>
    }
  >
>

export type GlobalPoolShape<Name extends string, Rank extends 1 | 2 | 3, O> = ChannelsLast<
  O,
  GlobalPooled<Name, Rank, Option<O, 'keepdims', false>>
>
