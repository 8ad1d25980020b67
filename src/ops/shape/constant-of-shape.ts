import { ArgumentError } from '../../core/errors.ts'
import { formatShape, sizeOf } from '../../core/shape.ts'
import { fromNumbers } from '../../core/tensor-data.ts'
import { constantInts, requireInts } from '../constants.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { foldLimit, rearranged } from '../fold.ts'

const attrs = { value: attr.tensor() }
const zero = fromNumbers('float32', [1], [0])

/** A tensor of the given shape, every element `value` (one element; default float32 0). */
export const constantOfShape: Op<['shape'], ['y'], typeof attrs> = defineOp({
  type: 'ConstantOfShape',
  since: 21,
  inputs: ['shape'],
  attrs,
  infer: ({ shape }, { value = zero }) => {
    if (value.data.length !== 1)
      throw new ArgumentError({
        where: 'ConstantOfShape',
        expected: "one element in 'value'",
        received: `${value.data.length}`,
      })
    const sizes = constantInts(shape)
    if (sizes) return { dtype: value.dtype, shape: sizes }
    const [rank] = shape.shape
    if (typeof rank !== 'number')
      throw new ArgumentError({
        where: 'ConstantOfShape',
        expected: 'a shape of known length',
        received: formatShape(shape.shape),
      })
    return { dtype: value.dtype, shape: Array.from({ length: rank }, (_, i) => `constant_${shape.id}_${i}`) }
  },
  vjp: nondiff('a shape is made of integers'),
  batch: nondiff('a batch of shapes may give a different shape for each entry'),
  fold: ({ shape }, { value = zero }) => {
    if (!shape.constant) return undefined
    const sizes = requireInts(shape, 'ConstantOfShape', 'shape')
    return sizeOf(sizes) <= foldLimit ? rearranged(value, sizes, () => 0) : undefined
  },
  samples: [
    { shape: { values: [2, 3] } },
    { shape: { values: [], shape: [0] }, attrs: { value: fromNumbers('int64', [1], [-7]) } },
    { shape: { values: [4, 0] }, attrs: { value: fromNumbers('bool', [1], [1]) } },
  ],
})
