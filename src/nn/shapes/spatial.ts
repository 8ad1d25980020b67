import type { AtLeast, Divide, DivideUp, Minus, Multiply, Plus } from './arithmetic.ts'
import type { At, IsUnknown, Option, Size } from './functions.ts'
import type { Dims, Mismatch, ShapeFunction } from './shape-function.ts'

/** What layers over images, series and volumes do to shapes: something along each spatial axis, something to the channels. */

export type Rank = 1 | 2 | 3

/** A function of one spatial size, written as `ShapeFunction` is; `undefined` where the layer refuses the size. */
export interface AxisFunction {
  readonly size: unknown
  /** '0', '1' or '2'. */
  readonly axis: unknown
  readonly output: unknown
}

interface Axes {
  readonly 1: 'steps'
  readonly 2: 'height, width'
  readonly 3: 'depth, height, width'
}

/** `F` along each spatial axis. `Channels`: undefined for as many as before, `{ times }` for a multiple, or their number. */
export interface Spatial<
  Name extends string,
  R extends Rank,
  Format,
  F extends AxisFunction,
  Channels = undefined,
  Refusal extends string = never,
> extends ShapeFunction {
  readonly output: OnSpatial<Name, R, Format, this['input'], F, Channels, Refusal>
}

export type OnSpatial<
  Name extends string,
  R extends Rank,
  Format,
  Input,
  F extends AxisFunction,
  Channels,
  Refusal extends string,
> =
  IsUnknown<Input> extends true
    ? Dims
    : [Format] extends ['channelsLast']
      ? Input extends readonly [...infer Sizes extends Dims, infer C]
        ? Sizes['length'] extends R
          ? Last<EachAxis<Sizes, F>, ChannelsOf<C, Channels>, Name, Refusal>
          : Mismatch<`${Name} needs inputs of shape [${Axes[R]}, channels]`>
        : Mismatch<`${Name} needs inputs of shape [${Axes[R]}, channels]`>
      : [Format] extends ['channelsFirst']
        ? Input extends readonly [infer C, ...infer Sizes extends Dims]
          ? Sizes['length'] extends R
            ? Leading<EachAxis<Sizes, F>, ChannelsOf<C, Channels>, Name, Refusal>
            : Mismatch<`${Name} needs inputs of shape [channels, ${Axes[R]}]`>
          : Mismatch<`${Name} needs inputs of shape [channels, ${Axes[R]}]`>
        : Dims

type EachAxis<Sizes extends Dims, F extends AxisFunction> = {
  readonly [K in keyof Sizes]: (F & { readonly size: Sizes[K]; readonly axis: K })['output']
}
type Last<Sizes, C extends number | null, Name extends string, Refusal extends string> = Sizes extends Dims
  ? readonly [...Sizes, C]
  : Mismatch<`${Name} ${Refusal}`>
type Leading<Sizes, C extends number | null, Name extends string, Refusal extends string> = Sizes extends Dims
  ? readonly [C, ...Sizes]
  : Mismatch<`${Name} ${Refusal}`>

type ChannelsOf<Before, After> = After extends undefined
  ? Before extends number | null
    ? Before
    : number
  : After extends { readonly times: infer N }
    ? Multiply<Before, N>
    : Size<After>

type FormatOf<O> = Option<O, 'dataFormat', 'channelsLast'>

/** One number, or one per axis. */
export interface WindowTypes {
  readonly size: unknown
  readonly strides: unknown
  readonly dilation: unknown
  readonly padding: unknown
}

/** Number of windows along an axis. */
export interface Windows<W extends WindowTypes> extends AxisFunction {
  readonly output: this['size'] extends null
    ? null
    : W['padding'] extends 'same' | 'causal'
      ? DivideUp<this['size'], At<W['strides'], this['axis']>>
      : W['padding'] extends 'valid'
        ? Valid<
            this['size'],
            Reach<At<W['size'], this['axis']>, At<W['dilation'], this['axis']>>,
            At<W['strides'], this['axis']>
          >
        : number
}
type Valid<N, Window, Stride> = AtLeast<N, Window> extends true ? Plus<Divide<Minus<N, Window>, Stride>, 1> : undefined
/** A window of k elements, d apart. */
type Reach<K, D> = D extends 1 ? K : Plus<Multiply<Minus<K, 1>, D>, 1>

type TooLarge = 'has a window larger than its input'

/** The windows of a convolution's options. */
export interface ConvWindows<O> extends WindowTypes {
  readonly size: O extends { readonly kernelSize: infer K } ? K : number
  readonly strides: Option<O, 'strides', 1>
  readonly dilation: Option<O, 'dilationRate', 1>
  readonly padding: Option<O, 'padding', 'valid'>
}

export type ConvShape<Name extends string, R extends Rank, O extends { readonly filters: number }> = Spatial<
  Name,
  R,
  FormatOf<O>,
  Windows<ConvWindows<O>>,
  O['filters'],
  TooLarge
>

export type DepthwiseShape<Name extends string, R extends Rank, O> = Spatial<
  Name,
  R,
  FormatOf<O>,
  Windows<ConvWindows<O>>,
  { readonly times: Option<O, 'depthMultiplier', 1> },
  TooLarge
>

/** How far a transposed convolution reaches: see `conv2dTranspose`. */
interface Spread<W extends WindowTypes, Extra> extends AxisFunction {
  readonly output: this['size'] extends null
    ? null
    : SpreadOf<
        this['size'],
        At<W['strides'], this['axis']>,
        Reach<At<W['size'], this['axis']>, At<W['dilation'], this['axis']>>,
        At<Extra, this['axis']>,
        W['padding']
      >
}
type SpreadOf<N, Stride, Extent, Extra, Padding> = [Padding] extends ['same']
  ? Extra extends null
    ? Multiply<N, Stride>
    : Plus<Plus<Multiply<Minus<N, 1>, Stride>, Odd<Extent>>, Extra>
  : [Padding] extends ['valid']
    ? Plus<Multiply<Minus<N, 1>, Stride>, Extra extends null ? Larger<Extent, Stride> : Plus<Extent, Extra>>
    : number
type Odd<N> = Minus<N, Multiply<Divide<N, 2>, 2>>
type Larger<A, B> = number extends Minus<A, B> ? number : AtLeast<A, B> extends true ? A : B

export type ConvTransposeShape<Name extends string, R extends Rank, O extends { readonly filters: number }> = Spatial<
  Name,
  R,
  FormatOf<O>,
  Spread<ConvWindows<O>, Option<O, 'outputPadding', null>>,
  O['filters']
>

export type PoolShape<Name extends string, R extends Rank, O> = Spatial<
  Name,
  R,
  FormatOf<O>,
  Windows<{
    readonly size: Option<O, 'poolSize', 2>
    readonly strides: Option<O, 'strides', Option<O, 'poolSize', 2>>
    readonly dilation: 1
    readonly padding: Option<O, 'padding', 'valid'>
  }>,
  undefined,
  TooLarge
>

/** A size that does not depend on the input's, which must be known. */
interface SetTo<Sizes> extends AxisFunction {
  readonly output: this['size'] extends null ? undefined : Size<At<Sizes, this['axis']>>
}

export type AdaptivePoolShape<
  Name extends string,
  R extends Rank,
  O extends { readonly outputSize: unknown },
> = Spatial<Name, R, FormatOf<O>, SetTo<O['outputSize']>, undefined, 'needs spatial sizes that are known'>

export type ResizedShape<Name extends string, O extends { readonly height: number; readonly width: number }> = Spatial<
  Name,
  2,
  FormatOf<O>,
  SetTo<readonly [O['height'], O['width']]>,
  undefined,
  'needs images of a known size'
>

/** Everything along an axis becomes one. */
interface ToOne extends AxisFunction {
  readonly output: 1
}

/** [spatial…, channels] → [channels], or ones in the place of the spatial sizes. */
export interface GlobalPooled<Name extends string, R extends Rank, Format, KeepDims> extends ShapeFunction {
  readonly output: OnSpatial<Name, R, Format, this['input'], ToOne, undefined, never> extends infer Kept
    ? Kept extends Mismatch<string>
      ? Kept
      : [KeepDims] extends [true]
        ? Kept
        : [KeepDims] extends [false]
          ? WithoutOnes<Kept, Format>
          : Dims
    : never
}
type WithoutOnes<Kept, Format> = [Format] extends ['channelsFirst']
  ? Kept extends readonly [infer C extends number | null, ...unknown[]]
    ? readonly [C]
    : Dims
  : Kept extends readonly [...Dims, infer C extends number | null]
    ? readonly [C]
    : Dims

export type GlobalPoolShape<Name extends string, R extends Rank, O> = GlobalPooled<
  Name,
  R,
  FormatOf<O>,
  Option<O, 'keepdims', false>
>

/** One number for both ends of an axis, or one for each. */
type Both<E> = E extends number
  ? Multiply<E, 2>
  : E extends readonly [infer Before, infer After]
    ? Plus<Before, After>
    : number
/** What a layer over series takes is already that of its axis. */
type EndsAt<E, R extends Rank, Axis> = Both<R extends 1 ? E : At<E, Axis>>

interface Longer<E, R extends Rank> extends AxisFunction {
  readonly output: this['size'] extends null ? null : Plus<this['size'], EndsAt<E, R, this['axis']>>
}
interface Shorter<E, R extends Rank> extends AxisFunction {
  readonly output: this['size'] extends null
    ? null
    : [Minus<this['size'], EndsAt<E, R, this['axis']>>] extends [infer Left]
      ? [Left] extends [never]
        ? undefined
        : Left extends 0
          ? undefined
          : Left
      : never
}
interface Multiplied<Factors> extends AxisFunction {
  readonly output: this['size'] extends null ? null : Multiply<this['size'], At<Factors, this['axis']>>
}

export type PaddedShape<Name extends string, R extends Rank, O> = Spatial<
  Name,
  R,
  FormatOf<O>,
  Longer<Option<O, 'padding', 1>, R>
>
export type CroppedShape<Name extends string, R extends Rank, O, Default extends 0 | 1 = 1> = Spatial<
  Name,
  R,
  FormatOf<O>,
  Shorter<Option<O, 'cropping', Default>, R>,
  undefined,
  'leaves nothing of an axis'
>
export type UpSampledShape<Name extends string, R extends Rank, O> = Spatial<
  Name,
  R,
  FormatOf<O>,
  Multiplied<Option<O, 'size', 2>>
>
