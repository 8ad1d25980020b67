import { ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, normalizeAxis, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant, constantInts, ints, requireInts, scalarLike } from '../constants.ts'
import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { pad } from '../shape/pad.ts'
import { slice } from '../shape/slice.ts'

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
  // A linear map: its adjoint is the transform the other way, without that one's 1 / N (or with the 1 / N of this one).
  vjp: ({ x, dft_length, axis }, y, dy, { inverse, onesided }) => {
    const rest = { dft_length: undefined, axis: undefined }
    if (inverse === 1 && onesided === 1) return { x: nondiff('the inverse of half a spectrum has no rule'), ...rest }
    const [along = -2] = constantInts(axis) ?? []
    const at = normalizeAxis(along, x.shape.length, 'DFT')
    const shape = staticShape(x.shape, 'gradient of DFT')
    const points = dft_length ? requireInts(dft_length, 'gradient of DFT', 'dft_length')[0] : shape[at]
    const [length = 0, given = 0, kept = 0] = [points, shape[at], staticShape(y.shape)[at]]
    const back = dft(fitted(dy, at, kept, length), constant([length], [], 'int64'), constant([at], [], 'int64'), {
      inverse: 1 - inverse,
    })
    const whole = fitted(mul(back, scalarLike(inverse === 1 ? 1 / length : length, back)), at, length, given)
    return { x: shape.at(-1) === 1 ? slice(whole, ints([0]), ints([1]), ints([-1])) : whole, ...rest }
  },
  batch: unrolled,
  samples: [
    { x: [2, 6, 1] },
    { x: [2, 5, 2], attrs: { inverse: 1 } },
    { x: [2, 8, 1], attrs: { onesided: 1 } },
    { x: [4, 3, 1], dft_length: { values: [6], shape: [] }, axis: { values: [0], shape: [] } },
    { x: [7, 2], dft_length: { values: [5], shape: [] } },
    { x: [2, 5, 1], dft_length: { values: [6], shape: [] }, attrs: { onesided: 1 } },
  ],
})

/** Cut off, or continued by zeros, along an axis. */
function fitted(x: Value, axis: number, from: number, to: number): Value {
  if (from === to) return x
  if (from > to) return slice(x, ints([0]), ints([to]), ints([axis]))
  return pad(x, ints([0, to - from]), undefined, ints([axis]))
}
