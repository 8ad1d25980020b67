import { ArgumentError, ShapeError } from '../../core/errors.ts'
import { formatShape, staticShape } from '../../core/shape.ts'
import { ensureBatched } from '../batching.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { requireRank } from '../infer.ts'
import { reshapeTo } from './reshape.ts'
import { transpose } from './transpose.ts'

const attrs = { batch_axis: attr.int(1), time_axis: attr.int(0) }

/** Reverses the first `lengths[b]` steps of each sequence b, and leaves the rest in place. */
export const reverseSequence: Op<['x', 'lengths'], ['y'], typeof attrs> = defineOp({
  type: 'ReverseSequence',
  since: 10,
  inputs: ['x', 'lengths'],
  attrs,
  infer: ({ x, lengths }, { batch_axis, time_axis }) => {
    if (x.shape.length < 2)
      throw new ShapeError({
        where: 'ReverseSequence',
        expected: 'a tensor of rank 2 or more',
        received: `shape ${formatShape(x.shape)}`,
      })
    if (batch_axis + time_axis !== 1 || batch_axis * time_axis !== 0) {
      throw new ArgumentError({
        where: 'ReverseSequence',
        expected: 'batch_axis and time_axis 0 and 1, or 1 and 0',
        received: `${batch_axis} and ${time_axis}`,
      })
    }
    requireRank('ReverseSequence', lengths, 1, 'a length for each sequence')
    return { dtype: x.dtype, shape: x.shape }
  },
  // Its own inverse, and a permutation: its own adjoint.
  vjp: ({ lengths }, _y, dy, attributes) => ({
    x: reverseSequence(dy, lengths, attributes),
    lengths: nondiff('lengths are integers'),
  }),
  batch: ({ x, lengths }, { call, attributes, size }) => {
    // vmap's axis and the batch axis become one.
    const [, first = 1, second = 1, ...rest] = staticShape(ensureBatched(x, size).shape, 'vmap of ReverseSequence')
    const all = reshapeTo(ensureBatched(lengths, size), [-1])
    const whole = ensureBatched(x, size)
    if (attributes.batch_axis === 0) {
      return reshapeTo(call({ x: reshapeTo(whole, [size * first, second, ...rest]), lengths: all }, attributes), [
        size,
        first,
        second,
        ...rest,
      ])
    }
    const swap = [1, 0, ...Array.from({ length: rest.length + 1 }, (_, i) => i + 2)]
    const timeFirst = reshapeTo(transpose(whole, { perm: swap }), [first, size * second, ...rest])
    return transpose(reshapeTo(call({ x: timeFirst, lengths: all }, attributes), [first, size, second, ...rest]), {
      perm: swap,
    })
  },
  samples: [
    { x: [4, 3], lengths: { shape: [3], dtype: 'int64', low: 1, high: 5 } },
    { x: [3, 4, 2], lengths: { shape: [3], dtype: 'int64', low: 1, high: 5 }, attrs: { batch_axis: 0, time_axis: 1 } },
    { x: [3, 2, 2], lengths: { values: [3, 1] } },
  ],
})
