import { ArgumentError, DTypeError } from '../../core/errors.ts'
import { elementwise } from '../batching.ts'
import { attr, defineOp, type Op, zeroGradient } from '../define.ts'
import { integerBinary } from './comparison.ts'

const attrs = { direction: attr.required.string() }
const inferPair = integerBinary('BitShift')

/** Shifts the bits of unsigned integers by `b` places, `direction` 'LEFT' or 'RIGHT', with broadcasting; zeros move in. */
export const bitShift: Op<['a', 'b'], ['y'], typeof attrs> = defineOp({
  type: 'BitShift',
  since: 11,
  inputs: ['a', 'b'],
  attrs,
  infer: (pair, { direction }) => {
    if (!pair.a.dtype.startsWith('uint')) {
      throw new DTypeError({
        where: 'BitShift',
        expected: 'unsigned integers',
        received: pair.a.dtype,
        remedy: 'Cast the input to an unsigned type of the same width.',
      })
    }
    if (direction !== 'LEFT' && direction !== 'RIGHT') {
      throw new ArgumentError({
        where: 'BitShift',
        expected: "direction 'LEFT' or 'RIGHT'",
        received: `'${direction}'`,
      })
    }
    return inferPair(pair)
  },
  vjp: zeroGradient('integers do not change smoothly'),
  batch: elementwise,
  samples: [
    {
      a: { shape: [3, 4], dtype: 'uint32', high: 4e9 },
      b: { shape: [3, 4], dtype: 'uint32', high: 31 },
      attrs: { direction: 'RIGHT' },
    },
    {
      a: { shape: [2, 1, 4], dtype: 'uint8', high: 255 },
      b: { shape: [3, 1], dtype: 'uint8', high: 7 },
      attrs: { direction: 'LEFT' },
    },
  ],
  traits: { elementwise: true },
})
