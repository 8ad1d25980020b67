import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import type { TensorData } from '../../../core/tensor-data.ts'
import { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { log } from '../../../ops/math/log.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'
import { max } from '../../../ops/math/max.ts'
import { mul } from '../../../ops/math/mul.ts'
import { pow } from '../../../ops/math/pow.ts'
import { sub } from '../../../ops/math/sub.ts'
import { conv } from '../../../ops/nn/conv.ts'
import { reduceMax } from '../../../ops/reduce/reduce-max.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { pad } from '../../../ops/shape/pad.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { swapLast } from '../../../ops/shape/transpose.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import { fill } from '../../initializers/initializer.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { MelShape } from '../../shapes/signals.ts'
import { oneOf, positiveInt } from '../arguments.ts'
import { type CommonOptions, common } from '../options.ts'
import { melWeights } from './mel-weights.ts'

export interface MelSpectrogramOptions extends CommonOptions {
  /** Size of the transform. Default 2048. */
  readonly fftLength?: number
  /** Samples from one frame to the next. Default 512. */
  readonly sequenceStride?: number
  /** Samples of a frame, at most `fftLength`, in whose middle they are put. Default `fftLength`. */
  readonly sequenceLength?: number | null
  /** What each frame is multiplied by: a window by its name, `sequenceLength` values, or null for none. Default 'hann'. */
  readonly window?: 'hann' | 'hamming' | readonly number[] | null
  /** Samples per second. Default 16000. */
  readonly samplingRate?: number
  /** Bands of the output. Default 128. */
  readonly numMelBins?: number
  /** Lowest frequency in Hz. Default 20. */
  readonly minFreq?: number
  /** Highest frequency in Hz. Default half the sampling rate. */
  readonly maxFreq?: number | null
  /** Gives decibels rather than powers. Default true. */
  readonly powerToDb?: boolean
  /** Decibels further below the loudest one of the whole batch are raised to this distance. Default 80. */
  readonly topDb?: number
  /** Exponent of the magnitude: 1 for magnitudes, 2 for powers. Default 2. */
  readonly magExp?: number
  /** Powers are at least this much before the logarithm. Default 1e-10. */
  readonly minPower?: number
  /** The power that is 0 dB. Default 1. */
  readonly refPower?: number
}

/**
 * Spectrograms on the mel scale: [batch, samples] → [batch, numMelBins, frames], where frame i is centred at sample i ·
 * sequenceStride and the signal is reflected at its ends, so there are ⌊samples / sequenceStride⌋ + 1 frames for an even `fftLength`.
 * Has no weights. Named windows are periodic for even lengths and symmetric for odd ones, as TensorFlow's are.
 */
export function melSpectrogram<const O extends MelSpectrogramOptions = Record<never, never>>(
  given?: O,
): Layer<MelShape<O>> {
  const options: MelSpectrogramOptions = given ?? {}
  const where = 'melSpectrogram'
  const samplingRate = positiveInt(where, 'samplingRate', options.samplingRate ?? 16000)
  const fftLength = positiveInt(where, 'fftLength', options.fftLength ?? 2048)
  const { window = 'hann', topDb = 80, magExp = 2 } = options
  const config = {
    fftLength,
    sequenceStride: positiveInt(where, 'sequenceStride', options.sequenceStride ?? 512),
    sequenceLength: positiveInt(where, 'sequenceLength', options.sequenceLength || fftLength),
    window: typeof window === 'string' ? oneOf(where, 'window', window, ['hann', 'hamming']) : window,
    samplingRate,
    numMelBins: positiveInt(where, 'numMelBins', options.numMelBins ?? 128),
    minFreq: options.minFreq ?? 20,
    maxFreq: options.maxFreq || Math.floor(samplingRate / 2),
    powerToDb: options.powerToDb ?? true,
    topDb,
    magExp,
    minPower: options.minPower ?? 1e-10,
    refPower: options.refPower ?? 1,
  }
  check(where, config)
  // Made once, since the layer is traced several times.
  let constants: { readonly kernel: TensorData; readonly mel: TensorData } | undefined
  return makeLayer({
    type: 'MelSpectrogram',
    ...common(where, options),
    config,
    call([input]) {
      if (input.shape.length !== 2)
        throw new ShapeError({
          where,
          expected: 'an input of shape [batch, samples]',
          received: `shape ${formatShape(input.shape)}`,
          remedy: 'Channels are signals of their own: put them into the batch.',
        })
      constants ??= { kernel: fourierKernel(config), mel: melWeights(Math.floor(fftLength / 2) + 1, config) }
      const x = input.dtype === 'float32' ? input : cast(input, { to: 'float32' })
      const power = powerSpectrum(where, x, config, Value.constant(constants.kernel))
      const spectrum = magExp === 2 ? power : pow(power, scalarLike(magExp / 2, power))
      const mel = matMul(swapLast(spectrum), Value.constant(constants.mel))
      return swapLast(config.powerToDb ? decibels(mel, config) : mel)
    },
  })
}

interface Config {
  readonly fftLength: number
  readonly sequenceStride: number
  readonly sequenceLength: number
  readonly window: 'hann' | 'hamming' | readonly number[] | null
  readonly topDb: number
  readonly minPower: number
  readonly refPower: number
  readonly minFreq: number
  readonly maxFreq: number
  readonly magExp: number
}

function check(where: string, config: Config): void {
  const { fftLength, sequenceLength, window, minFreq, maxFreq, minPower } = config
  const complain = (expected: string, received: unknown) =>
    new ArgumentError({ where, expected, received: JSON.stringify(received) ?? String(received) })
  if (sequenceLength > fftLength)
    throw complain(`'sequenceLength' to be at most 'fftLength' (${fftLength})`, sequenceLength)
  if (Array.isArray(window) && window.length !== sequenceLength)
    throw complain(`'window' to have 'sequenceLength' (${sequenceLength}) values`, window.length)
  if (!(minFreq >= 0 && minFreq < maxFreq)) throw complain("0 ≤ 'minFreq' < 'maxFreq'", { minFreq, maxFreq })
  if (!(minPower > 0)) throw complain("'minPower' to be positive", minPower)
  for (const name of ['topDb', 'refPower', 'magExp'] as const)
    if (!Number.isFinite(config[name])) throw complain(`'${name}' to be a number`, config[name])
}

/** |transform|² of each frame: [batch, samples] → [batch, bins, frames]. `kernel` has the cosines first, then the sines. */
function powerSpectrum(where: string, x: Value, { fftLength, sequenceLength, sequenceStride }: Config, kernel: Value) {
  // Frames of `fftLength` samples with the window in the middle: what is outside of the window is not read in the first place. That
  // shifts the phase, which does not show in the power.
  const outside = Math.floor((fftLength - sequenceLength) / 2)
  const half = Math.floor(fftLength / 2)
  const padded = reflected(where, x, half - outside, half - (fftLength - sequenceLength - outside))
  const y = conv(unsqueeze(padded, ints([1])), kernel, undefined, { strides: [sequenceStride], pads: [0, 0] })
  const bins = half + 1
  const side = (first: number) => slice(y, ints([first]), ints([first + bins]), ints([1]))
  const [real, imag] = [side(0), side(bins)]
  return add(mul(real, real), mul(imag, imag))
}

/** Mirrors the samples at both ends, without repeating the first and last. */
function reflected(where: string, x: Value, before: number, after: number): Value {
  const [, samples] = x.shape
  if (typeof samples !== 'number') return pad(x, ints([0, before, 0, after]), undefined, undefined, { mode: 'reflect' })
  if (samples <= Math.max(before, after))
    throw new ShapeError({
      where,
      expected: `more than ${Math.max(before, after)} samples, since as many are mirrored at an end`,
      received: String(samples),
      remedy: "Give longer signals, or a smaller 'fftLength'.",
    })
  // Slices rather than Pad: its gradient is a product with a matrix of samples × samples.
  const backwards = (from: number, to: number) => slice(x, ints([from]), ints([to]), ints([1]), ints([-1]))
  const parts = [...(before > 0 ? [backwards(before, 0)] : []), x, ...(after > 0 ? [backwards(-2, -2 - after)] : [])]
  return parts.length === 1 ? x : concat(parts, { axis: 1 })
}

/** Cosines and sines times the window: [2 · bins, 1, sequenceLength]. */
function fourierKernel({ fftLength, sequenceLength, window }: Config): TensorData<'float32'> {
  const bins = Math.floor(fftLength / 2) + 1
  const circle = Array.from({ length: fftLength }, (_, i) => (2 * Math.PI * i) / fftLength)
  const [cosines, sines] = [circle.map(Math.cos), circle.map(Math.sin)]
  const values = windowValues(window, sequenceLength)
  return fill([2 * bins, 1, sequenceLength], i => {
    const t = i % sequenceLength
    const row = Math.floor(i / sequenceLength)
    const wave = row < bins ? cosines : sines
    return (wave[((row % bins) * t) % fftLength] ?? 0) * (values?.[t] ?? 1)
  })
}

function windowValues(window: Config['window'], length: number): readonly number[] | null {
  if (typeof window !== 'string') return window
  if (length === 1) return [1]
  const period = length % 2 === 0 ? length : length - 1
  const [a, b] = window === 'hann' ? [0.5, 0.5] : [0.54, 0.46]
  return Array.from({ length }, (_, t) => a - b * Math.cos((2 * Math.PI * t) / period))
}

/** 10 · log₁₀(power / refPower), at most `topDb` below the largest. */
function decibels(power: Value, { minPower, refPower, topDb }: Config): Value {
  const number = (value: number) => scalarLike(value, power)
  const reference = 10 * Math.log10(Math.max(Math.abs(refPower), minPower))
  const db = sub(mul(log(max([power, number(minPower)])), number(10 / Math.LN10)), number(reference))
  return max([db, sub(reduceMax(db, undefined, { keepdims: 0 }), number(topDb))])
}
