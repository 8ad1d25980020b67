import type { TensorData } from '../../../core/tensor-data.ts'
import { fill } from '../../initializers/initializer.ts'

export interface MelScale {
  readonly numMelBins: number
  /** Samples per second. */
  readonly samplingRate: number
  /** Hz. */
  readonly minFreq: number
  /** Hz. */
  readonly maxFreq: number
}

/** Hz → mel, in the convention of the Hidden Markov Model Toolkit (HTK). */
const mel = (hertz: number): number => 1127 * Math.log(1 + hertz / 700)

/**
 * The matrix [bins, mel bins] that takes the frequencies from 0 to samplingRate / 2 to the mel scale: triangles with peak 1, equally
 * wide and half overlapping in mel. As in HTK the constant component counts nowhere.
 */
export function melWeights(
  bins: number,
  { numMelBins, samplingRate, minFreq, maxFreq }: MelScale,
): TensorData<'float32'> {
  const low = mel(minFreq)
  const width = (mel(maxFreq) - low) / (numMelBins + 1)
  return fill([bins, numMelBins], i => {
    const bin = Math.floor(i / numMelBins)
    if (bin === 0) return 0
    // In units of half a triangle: the m-th rises from m to m + 1 and falls to m + 2.
    const position = (mel((bin * samplingRate) / 2 / (bins - 1)) - low) / width - (i % numMelBins)
    return Math.max(0, Math.min(position, 2 - position))
  })
}
