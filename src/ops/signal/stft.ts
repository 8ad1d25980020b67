import { ArgumentError } from '../../core/errors.ts'
import type { Dim } from '../../core/shape.ts'
import { constantInts } from '../constants.ts'
import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { requireFloat } from '../infer.ts'

const attrs = { onesided: attr.int(1) }

/** Spectra of overlapping frames of a signal [batch, length, 1 or 2]: [batch, frames, bins, 2]. */
export const stft: Op<['signal', 'frame_step', 'window?', 'frame_length?'], ['y'], typeof attrs> = defineOp({
  type: 'STFT',
  since: 17,
  inputs: ['signal', 'frame_step', 'window?', 'frame_length?'],
  attrs,
  infer: ({ signal, frame_step: step, window, frame_length: length }, { onesided }) => {
    requireFloat('STFT', signal)
    if (!window && !length)
      throw new ArgumentError({ where: 'STFT', expected: 'a window or a frame length', received: 'neither' })
    const frame: Dim | undefined = constantInts(length)?.[0] ?? window?.shape[0]
    const [hop] = constantInts(step) ?? []
    const [batch = 0, samples = 0] = signal.shape
    const known = typeof frame === 'number' && hop !== undefined && typeof samples === 'number'
    const frames: Dim = known ? Math.floor((samples - frame) / hop) + 1 : `frames_${signal.id}`
    const bins: Dim =
      typeof frame !== 'number' ? `bins_${signal.id}` : onesided === 1 ? Math.floor(frame / 2) + 1 : frame
    return { dtype: signal.dtype, shape: [batch, frames, bins, 2] }
  },
  vjp: nondiff(
    'a spectrum is not differentiated through here; multiply frames by a matrix of sines and cosines where it has to be',
  ),
  batch: unrolled,
  samples: [
    { signal: [2, 16, 1], frame_step: { values: [4], shape: [] }, window: [8] },
    {
      signal: [1, 12, 1],
      frame_step: { values: [3], shape: [] },
      frame_length: { values: [6], shape: [] },
      attrs: { onesided: 0 },
    },
  ],
})
