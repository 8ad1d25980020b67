import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { formatShape, sizeOf } from '../../core/shape.ts'
import { fill, type Initializer } from './initializer.ts'

export type WindowName = keyof typeof cosines | 'bartlett' | 'cosine' | 'triang'

export interface StftOptions {
  /** The part of the transform: cosines or sines. Default 'real'. */
  readonly side?: 'real' | 'imag'
  /** A window by its name, its values, or null for none. Default 'hann'. */
  readonly window?: WindowName | readonly number[] | null
  /** What the result is divided by: the window's norm, its sum, or 1. Default 'density'. */
  readonly scaling?: 'density' | 'spectrum' | null
  /** The window is one period, rather than symmetric. Default false. */
  readonly periodic?: boolean
}

/**
 * The kernel of a short-time Fourier transform as a convolution: shape [frameLength, 1, bins], where bins = fftLength / 2 + 1 and
 * element [t, 0, k] is window[t] · cos(−2πtk / fftLength), or the sine of it.
 */
export function stft(options: StftOptions = {}): Initializer {
  const { side = 'real', window = 'hann', scaling = 'density', periodic = false } = options
  const complain = (expected: string, received: unknown) =>
    new ArgumentError({ where: 'stft', expected, received: JSON.stringify(received) })
  if (side !== 'real' && side !== 'imag') throw complain("'side' to be 'real' or 'imag'", side)
  if (scaling !== null && scaling !== 'density' && scaling !== 'spectrum')
    throw complain("'scaling' to be 'density', 'spectrum' or null", scaling)
  if (typeof window === 'string' && !windowNames.includes(window))
    throw complain(`'window' to be its values, null, or one of ${windowNames.join(', ')}`, window)
  return {
    name: 'stft',
    config: { side, window, scaling, periodic },
    init(shape) {
      const [frameLength, , bins] = shape
      if (shape.length !== 3 || frameLength === undefined || bins === undefined) {
        throw new ShapeError({
          where: 'stft',
          expected: 'a shape [frameLength, 1, bins]',
          received: formatShape(shape),
        })
      }
      const values = typeof window === 'string' ? windowOf(window, frameLength, periodic) : window
      if (values && values.length !== frameLength)
        throw complain(`a window of ${frameLength} values, the frame's length`, values.length)
      const scale = scaleOf(values, scaling)
      const inner = sizeOf(shape.slice(1))
      return fill(shape, i => {
        const t = Math.floor(i / inner)
        const angle = (-2 * Math.PI * t * (i % bins)) / (2 * (bins - 1))
        return ((side === 'real' ? Math.cos(angle) : Math.sin(angle)) * (values?.[t] ?? 1)) / scale
      })
    },
  }
}

function scaleOf(window: readonly number[] | null, scaling: 'density' | 'spectrum' | null): number {
  if (!window || scaling === null) return 1
  if (scaling === 'density') return Math.sqrt(window.reduce((sum, w) => sum + w * w, 0))
  return window.reduce((sum, w) => sum + Math.abs(w), 0)
}

/** Windows Σ (−1)ᵏ a[k] cos(2πkt / (n−1)), by their coefficients. */
const cosines = {
  boxcar: [1],
  hann: [0.5, 0.5],
  hamming: [0.54, 0.46],
  blackman: [0.42, 0.5, 0.08],
  nuttall: [0.3635819, 0.4891775, 0.1365995, 0.0106411],
  blackmanharris: [0.35875, 0.48829, 0.14128, 0.01168],
  flattop: [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368],
} as const

const windowNames: readonly string[] = [...Object.keys(cosines), 'bartlett', 'cosine', 'triang']

/** The window as SciPy's `get_window` makes it; a periodic one is the symmetric one of one value more, without its last. */
function windowOf(name: WindowName, length: number, periodic: boolean): number[] {
  if (length === 1) return [1]
  const n = periodic ? length + 1 : length
  return Array.from({ length }, (_, t) => {
    if (name === 'bartlett') return 1 - Math.abs((2 * t) / (n - 1) - 1)
    if (name === 'cosine') return Math.sin((Math.PI * (t + 0.5)) / n)
    if (name === 'triang') return 1 - Math.abs((2 * t - (n - 1)) / (n % 2 === 0 ? n : n + 1))
    return cosines[name].reduce<number>(
      (sum, a, k) => sum + (k % 2 === 0 ? a : -a) * Math.cos((2 * Math.PI * k * t) / (n - 1)),
      0,
    )
  })
}
