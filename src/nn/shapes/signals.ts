import type { AtLeast, Divide, Minus, Multiply, Plus } from './arithmetic.ts'
import type { IsUnknown, Option, Size } from './functions.ts'
import type { Dims, Mismatch, ShapeFunction } from './shape-function.ts'
import type { OnSpatial, Windows } from './spatial.ts'

/** What spectrograms do to shapes, and layers of boxes. */

/** The first power of two that is large enough. */
type PowerOfTwo<N, P = 1> = number extends N ? number : AtLeast<P, N> extends true ? P : PowerOfTwo<N, Multiply<P, 2>>

type FrameLength<O> = Option<O, 'frameLength', 256>
/** Frequencies, twice as many where both parts of them come out. */
type Bins<O> = Multiply<
  Plus<Divide<Option<O, 'fftLength', PowerOfTwo<FrameLength<O>>>, 2>, 1>,
  Option<O, 'mode', 'log'> extends 'stft' ? 2 : 'stft' extends Option<O, 'mode', 'log'> ? number : 1
>
type Frames<O> = Windows<{
  readonly size: FrameLength<O>
  readonly strides: Option<O, 'frameStep', Divide<FrameLength<O>, 2>>
  readonly dilation: 1
  readonly padding: Option<O, 'padding', 'valid'>
}>
type OnSignal<Input, O, Channels> = OnSpatial<
  'stftSpectrogram',
  1,
  Option<O, 'dataFormat', 'channelsLast'>,
  Input,
  Frames<O>,
  Channels,
  'has frames longer than its input'
>

/** [samples, channels] → [frames, channels · bins], or [frames, bins, channels] with an axis of their own for the bins. */
export interface StftShape<O> extends ShapeFunction {
  readonly output: [Option<O, 'expandDims', false>] extends [false]
    ? OnSignal<this['input'], O, { readonly times: Bins<O> }>
    : [Option<O, 'expandDims', false>] extends [true]
      ? WithBins<OnSignal<this['input'], O, undefined>, Bins<O>, Option<O, 'dataFormat', 'channelsLast'>>
      : Dims
}
type WithBins<S, B extends number, Format> = S extends readonly [
  infer First extends number | null,
  infer Second extends number | null,
]
  ? [Format] extends ['channelsLast']
    ? readonly [First, B, Second]
    : readonly [First, Second, B]
  : S

/** [samples] → [bands, frames]; see `melSpectrogram`. */
export interface MelShape<O> extends ShapeFunction {
  readonly output: this['input'] extends readonly [infer Samples]
    ? readonly [
        Size<Option<O, 'numMelBins', 128>>,
        Samples extends null ? null : Centred<Samples, Option<O, 'fftLength', 2048>, Option<O, 'sequenceStride', 512>>,
      ]
    : IsUnknown<this['input']> extends true
      ? Dims
      : Mismatch<'melSpectrogram needs inputs of shape [samples]'>
}
/** With ⌊fft / 2⌋ samples more at either end. */
type Centred<N, Fft, Step> = Plus<Divide<Minus<Plus<N, Multiply<Divide<Fft, 2>, 2>>, Fft>, Step>, 1>

/** Boxes [n, 4], with labels [n] or without, to a number of them; images stay as they are. */
export interface BoxesShape<Count> extends ShapeFunction {
  readonly output: this['input'] extends readonly [readonly [number, 4], readonly [number]]
    ? readonly [readonly [Size<Count>, 4], readonly [Size<Count>]]
    : this['input'] extends readonly [number, 4]
      ? readonly [Size<Count>, 4]
      : this['input'] extends readonly [unknown, unknown, unknown]
        ? this['input']
        : IsUnknown<this['input']> extends true
          ? Dims
          : Mismatch<'maxNumBoundingBoxes needs boxes of shape [n, 4], with labels of shape [n] or without, or images'>
}
