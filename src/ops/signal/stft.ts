import { ArgumentError } from '../../core/errors.ts'
import { type Dim, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, constantInts, ints, requireInts } from '../constants.ts'
import { attr, defineOp, type Op, unrolled } from '../define.ts'
import { gradientsThrough } from '../expansion.ts'
import { gather } from '../index/gather.ts'
import { requireFloat } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { unsqueeze } from '../shape/unsqueeze.ts'
import { dft } from './dft.ts'

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
  vjp: ({ signal, frame_step, window, frame_length }, y, dy, { onesided }, walks) =>
    gradientsThrough(
      { signal, frame_step, window, frame_length },
      [spectra({ signal, frame_step, window, frame_length }, y, onesided)],
      [dy],
      walks,
    ),
  batch: unrolled,
  samples: [
    { signal: [1, 9, 1], frame_step: { values: [2], shape: [] }, window: [5], attrs: { onesided: 0 } },
    { signal: [2, 16, 1], frame_step: { values: [4], shape: [] }, window: [8] },
    {
      signal: [1, 12, 1],
      frame_step: { values: [3], shape: [] },
      frame_length: { values: [6], shape: [] },
      attrs: { onesided: 0 },
    },
  ],
})

/** The same as transforms of frames, each weighted by the window. */
function spectra(
  {
    signal,
    frame_step,
    window,
    frame_length,
  }: { [K in 'signal' | 'frame_step' | 'window' | 'frame_length']?: Value | undefined } & { signal: Value },
  y: Value,
  onesided: number,
): Value {
  const where = 'gradient of STFT'
  const [hop = 1] = requireInts(frame_step, where, 'frame_step')
  const length = frame_length
    ? requireInts(frame_length, where, 'frame_length')[0]
    : staticShape(window?.shape ?? [], where)[0]
  const [, frames = 0] = staticShape(y.shape, where)
  const columns = signal.shape.length === 2 ? unsqueeze(signal, ints([-1])) : signal
  const places = Array.from({ length: frames }, (_, f) => Array.from({ length: length ?? 0 }, (_, i) => f * hop + i))
  const framed = gather(columns, constant(places.flat(), [frames, length ?? 0], 'int64'), { axis: 1 })
  return dft(window ? mul(framed, unsqueeze(window, ints([-1]))) : framed, undefined, constant([2], [], 'int64'), {
    onesided,
  })
}
