import { ArgumentError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { log } from '../../../ops/math/log.ts'
import { max } from '../../../ops/math/max.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sqrt } from '../../../ops/math/sqrt.ts'
import { conv } from '../../../ops/nn/conv.ts'
import { concat } from '../../../ops/shape/concat.ts'
import { pad } from '../../../ops/shape/pad.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import { type StftOptions, stft } from '../../initializers/stft.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { StftShape } from '../../shapes/signals.ts'
import { oneOf, positiveInt } from '../arguments.ts'
import { type CommonOptions, common, type DataFormat, dataFormat } from '../options.ts'
import { requireChannels, samePads } from '../spatial.ts'
import { atan2 } from './atan2.ts'

const modes = ['log', 'magnitude', 'psd', 'real', 'imag', 'angle', 'stft'] as const

export interface StftSpectrogramOptions extends CommonOptions, Omit<StftOptions, 'side'> {
  /**
   * What comes out: the logarithm of the magnitude (default), the magnitude, the power with both halves of the spectrum in one, the
   * real or imaginary part, the phase in radians, or 'stft', both parts one after the other.
   */
  readonly mode?: (typeof modes)[number]
  /** Samples of a frame. Default 256. */
  readonly frameLength?: number
  /** Samples from one frame to the next, at most `frameLength`. Default half of it. */
  readonly frameStep?: number | null
  /** Size of the transform, at least `frameLength`, best a power of two. Default the first one that is large enough. */
  readonly fftLength?: number | null
  /** 'valid', the default, takes whole frames only; 'same' pads with zeros to ⌈samples / frameStep⌉ frames. */
  readonly padding?: 'valid' | 'same'
  /** Frequencies get an axis of their own, as in an image, instead of being put together with the channels. Default false. */
  readonly expandDims?: boolean
  /** Where the channels are. Default 'channelsLast'. */
  readonly dataFormat?: DataFormat
}

/** Keras's epsilon: magnitudes are √ε at least. */
const epsilon = 1e-7

/**
 * Spectrograms by the short-time Fourier transform, as a convolution whose kernels, cosines and sines times a window, are weights:
 * they are trained unless `trainable` is false. Input [batch, samples, channels]; output [batch, frames, channels · bins] with
 * bins = fftLength / 2 + 1 (twice as many in mode 'stft'), or [batch, frames, bins, channels] with `expandDims`. With
 * `dataFormat: 'channelsFirst'` input [batch, channels, samples]; output [batch, channels · bins, frames] or [batch, channels, frames, bins].
 */
export function stftSpectrogram<const O extends StftSpectrogramOptions = Record<never, never>>(
  given?: O,
): Layer<StftShape<O>> {
  const options: StftSpectrogramOptions = given ?? {}
  const where = 'stftSpectrogram'
  const config = {
    mode: oneOf(where, 'mode', options.mode ?? 'log', modes),
    frameLength: positiveInt(where, 'frameLength', options.frameLength ?? 256),
    frameStep: options.frameStep ?? null,
    fftLength: options.fftLength ?? null,
    window: options.window === undefined ? 'hann' : options.window,
    periodic: options.periodic ?? false,
    scaling: options.scaling === undefined ? 'density' : options.scaling,
    padding: oneOf(where, 'padding', options.padding ?? 'valid', ['valid', 'same']),
    expandDims: options.expandDims ?? false,
    dataFormat: dataFormat(where, options.dataFormat),
  } as const
  const { mode, frameLength, window, scaling, periodic } = config
  const step = positiveInt(where, 'frameStep', config.frameStep ?? Math.floor(frameLength / 2))
  if (step > frameLength) throw complain(where, "'frameStep' to be at most 'frameLength'", step, frameLength)
  const fftLength = positiveInt(where, 'fftLength', config.fftLength ?? 2 ** Math.ceil(Math.log2(frameLength)))
  if (fftLength < frameLength) throw complain(where, "'fftLength' to be at least 'frameLength'", fftLength, frameLength)
  if (Array.isArray(window) && window.length !== frameLength)
    throw complain(where, "'window' to have 'frameLength' values", window.length, frameLength)
  const bins = Math.floor(fftLength / 2) + 1
  const initializer = {
    real: stft({ side: 'real', window, scaling, periodic }),
    imag: stft({ side: 'imag', window, scaling, periodic }),
  }
  return makeLayer({
    type: 'STFTSpectrogram',
    ...common(where, options),
    config,
    call([input], scope) {
      const channels = requireChannels(where, input, 1, config.dataFormat)
      const signal = config.dataFormat === 'channelsLast' ? transpose(input, { perm: [0, 2, 1] }) : input
      // Channels are rows of an image of one channel, since each goes through the same kernels.
      const x = unsqueeze(signal, ints([1]))
      const extent = { kernelSize: [1, frameLength], strides: [1, step], dilationRate: [1, 1] }
      const pads = config.padding === 'same' ? samePads(x.shape.slice(2), extent) : { pads: [0, 0, 0, 0] }
      /** One side of the transform: [batch, bins, channels, frames]. */
      const side = (name: 'real' | 'imag'): Value => {
        const kernel = scope.weight(`${name}_kernel`, {
          shape: [frameLength, 1, bins],
          initializer: initializer[name],
        })
        const rows = unsqueeze(transpose(kernel, { perm: [2, 1, 0] }), ints([2]))
        return conv(x, rows, undefined, { strides: extent.strides, ...pads })
      }
      const real = mode === 'imag' ? undefined : side('real')
      const imag = mode === 'real' ? undefined : side('imag')
      return arranged(spectrum(mode, real, imag), channels, config)
    },
  })
}

const complain = (where: string, expected: string, received: number, frameLength: number): ArgumentError =>
  new ArgumentError({ where, expected: `${expected} (${frameLength})`, received: String(received) })

/** What the mode asks for, of the real and imaginary parts [batch, bins, channels, frames]; only 'real' and 'imag' have but one. */
function spectrum(mode: (typeof modes)[number], real: Value | undefined, imag: Value | undefined): Value {
  const [a = imag, b = real] = [real, imag]
  if (!a || !b)
    throw new ArgumentError({ where: 'stftSpectrogram', expected: 'a part of the transform', received: mode })
  if (mode === 'real' || mode === 'imag') return a
  if (mode === 'angle') return atan2(b, a)
  if (mode === 'stft') return concat([a, b], { axis: 1 })
  const power = add(mul(a, a), mul(b, b))
  if (mode === 'psd') {
    // All but the first and last bin stand for two frequencies, ±f.
    const inner = slice(power, ints([1]), ints([-1]), ints([1]))
    return add(power, pad(inner, ints([0, 1, 0, 0, 0, 1, 0, 0])))
  }
  const floor = scalarLike(epsilon, power)
  const magnitude = sqrt(max([power, floor]))
  return mode === 'magnitude' ? magnitude : log(max([magnitude, floor]))
}

/** [batch, bins, channels, frames] → the output's layout. */
function arranged(
  y: Value,
  channels: number,
  { dataFormat: format, expandDims }: { readonly dataFormat: DataFormat; readonly expandDims: boolean },
): Value {
  const last = format === 'channelsLast'
  if (expandDims) return transpose(y, { perm: last ? [0, 3, 1, 2] : [0, 2, 3, 1] })
  const size = channels * Number(y.shape[1])
  return last
    ? reshape(transpose(y, { perm: [0, 3, 2, 1] }), ints([0, 0, size]))
    : reshape(transpose(y, { perm: [0, 2, 1, 3] }), ints([0, size, -1]))
}
