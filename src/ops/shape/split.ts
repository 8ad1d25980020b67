import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { formatShape, normalizeAxis, staticDim, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constantInts, ints, scalarLike } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { concat } from './concat.ts'
import { expand } from './expand.ts'

const attrs = { axis: attr.int(0), num_outputs: attr.int() }

/** Cuts a tensor along `axis` into pieces: of the lengths `split`, or into `num_outputs` equal ones (the last may be shorter). */
export const split: Op<['x', 'split?'], ['...outputs'], typeof attrs> = defineOp({
  type: 'Split',
  since: 18,
  inputs: ['x', 'split?'],
  outputs: ['...outputs'],
  attrs,
  infer: ({ x, split }, { axis, num_outputs }, outputCount) => {
    const at = normalizeAxis(axis, x.shape.length, 'Split')
    const sized = (length: number | string) => ({
      dtype: x.dtype,
      shape: x.shape.map((dim, i) => (i === at ? length : dim)),
    })
    const dim = x.shape[at] ?? 0
    const unknown = () => Array.from({ length: outputCount }, (_, i) => sized(`split_${(split ?? x).id}_${i}`))
    if (!split) return typeof dim === 'number' ? equalLengths(dim, num_outputs ?? outputCount).map(sized) : unknown()
    const lengths = constantInts(split)
    if (!lengths) return unknown()
    if (num_outputs !== undefined) {
      throw new ArgumentError({ where: 'Split', expected: "either 'split' or 'num_outputs'", received: 'both' })
    }
    if (typeof dim === 'number' && lengths.reduce((sum, n) => sum + n, 0) !== dim) {
      throw new ShapeError({
        where: 'Split',
        expected: `lengths that add up to ${dim}, the size of axis ${at}`,
        received: formatShape(lengths),
      })
    }
    return lengths.map(sized)
  },
  countOutputs: ({ split }, { num_outputs }) => {
    const count = split ? (constantInts(split)?.length ?? split.shape[0]) : num_outputs
    if (typeof count === 'number') return count
    throw new ArgumentError({
      where: 'Split',
      expected: "the number of pieces, by 'split' or 'num_outputs'",
      received: 'neither',
    })
  },
  // The adjoint of cutting is joining; a piece that nobody used counts as zeros.
  vjp: ({ x }, outputs, grads, { axis }) => ({
    x: concat(
      outputs.map((output, i) => grads[i] ?? zerosOf(output)),
      { axis: normalizeAxis(axis, x.shape.length, 'Split') },
    ),
    split: nondiff('lengths are integers'),
  }),
  batch: ({ x, split }, { call, attributes: { axis, num_outputs }, outputCount }) => {
    const rank = x.value.shape.length - 1
    const at = normalizeAxis(axis, rank, 'Split') + 1
    // Pieces of known lengths, so that a node without `num_outputs` (older opsets) is a valid one.
    const lengths =
      split?.value ?? ints(equalLengths(staticDim(x.value.shape[at], x.value.shape), num_outputs ?? outputCount))
    return call({ x: x.value, split: lengths }, { axis: at, num_outputs: undefined })
  },
  samples: [
    { x: [6, 2], attrs: { num_outputs: 3 } },
    { x: [2, 7], attrs: { axis: -1, num_outputs: 3 } },
    { x: [2, 5, 2], split: { values: [1, 0, 4] }, attrs: { axis: 1 } },
    { x: { shape: [4], dtype: 'int64' }, split: { values: [3, 1] } },
  ],
})

function equalLengths(size: number, count: number): number[] {
  const length = Math.ceil(size / count)
  const lengths = Array.from({ length: count }, (_, i) => Math.min(length, size - i * length))
  if (lengths.every(n => n >= 0)) return lengths
  throw new ShapeError({
    where: 'Split',
    expected: `at most ${size} pieces of an axis of size ${size}`,
    received: `${count}`,
  })
}

const zerosOf = (value: Value): Value =>
  expand(scalarLike(0, value), ints(staticShape(value.shape, 'gradient of Split')))
