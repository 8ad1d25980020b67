import { staticShape } from '../../core/shape.ts'
import { ensureBatched } from '../batching.ts'
import { ints } from '../constants.ts'
import { attr, defineOp, type Op, zeroGradient } from '../define.ts'
import { codeOfDType, dtypeOfCode } from '../dtype-code.ts'
import { requireRank } from '../infer.ts'
import { constantOfShape } from './constant-of-shape.ts'

const attrs = { dtype: attr.int(), k: attr.int(0) }

/** A matrix of x's shape with ones on the k-th diagonal (above the main one if positive), zeros elsewhere. */
export const eyeLike: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'EyeLike',
  since: 9,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { dtype }) => {
    requireRank('EyeLike', x, 2, 'rows × columns')
    return { dtype: dtype === undefined ? x.dtype : dtypeOfCode(dtype), shape: x.shape }
  },
  vjp: zeroGradient('the output depends on the shape of x, not on its elements'),
  batch: ({ x }, { call, attributes, size }) => {
    // Every entry gives the same matrix: it is made once, from a stand-in of the entry's shape.
    const shape = staticShape(x.value.shape.slice(1), 'vmap of EyeLike')
    const like = constantOfShape(ints(shape))
    return ensureBatched(
      {
        value: call({ x: like }, { ...attributes, dtype: attributes.dtype ?? codeOfDType(x.value.dtype) }),
        batched: false,
      },
      size,
    )
  },
  samples: [
    { x: [3, 4] },
    { x: [4, 3], attrs: { k: -1 } },
    { x: { shape: [2, 5], dtype: 'int32' }, attrs: { k: 2, dtype: codeOfDType('float32') } },
  ],
})
