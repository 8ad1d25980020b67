import { ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, normalizeAxis } from '../../core/shape.ts'
import { constantInts } from '../constants.ts'
import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { requireFloat } from '../infer.ts'

const attrs = { inverse: attr.int(0), onesided: attr.int(0) }

/**
 * Discrete Fourier transform along an axis (−2 unless given). The last axis holds real and imaginary parts, or the real
 * part alone; the result always has both. `onesided` keeps the non-redundant half of a real signal's spectrum.
 */
export const dft: Op<['x', 'dft_length?', 'axis?'], ['y'], typeof attrs> = defineOp({
  type: 'DFT',
  since: 20,
  inputs: ['x', 'dft_length?', 'axis?'],
  attrs,
  infer: ({ x, dft_length: length, axis }, { onesided }) => {
    requireFloat('DFT', x)
    const parts = x.shape.at(-1)
    if (x.shape.length < 2 || (typeof parts === 'number' && parts !== 1 && parts !== 2)) {
      throw new ShapeError({
        where: 'DFT',
        expected: 'a last axis of size 1 (real) or 2 (real and imaginary)',
        received: formatShape(x.shape),
      })
    }
    const [along = -2] = constantInts(axis) ?? []
    const at = normalizeAxis(along, x.shape.length, 'DFT')
    const points: Dim = length ? (constantInts(length)?.[0] ?? `dft_${length.id}`) : (x.shape[at] ?? 0)
    const kept: Dim =
      onesided === 0 ? points : typeof points === 'number' ? Math.floor(points / 2) + 1 : `floor(${points}/2)+1`
    return { dtype: x.dtype, shape: x.shape.map((dim, i) => (i === x.shape.length - 1 ? 2 : i === at ? kept : dim)) }
  },
  vjp: nondiff(
    'a spectrum is not differentiated through here; multiply by a matrix of sines and cosines where it has to be',
  ),
  batch: unrolled,
  samples: [
    { x: [2, 6, 1] },
    { x: [2, 5, 2], attrs: { inverse: 1 } },
    { x: [2, 8, 1], attrs: { onesided: 1 } },
    { x: [4, 3, 1], dft_length: { values: [6], shape: [] }, axis: { values: [0], shape: [] } },
  ],
})
