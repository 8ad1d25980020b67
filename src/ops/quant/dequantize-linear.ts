import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { countedSize } from '../nn/conv-shape.ts'
import { checkScale, requireQuantized, rounded } from './quantized.ts'

const attrs = { axis: attr.int(1), block_size: attr.int(0) }

/** (x − zero point) · scale, in the dtype of the scale. */
export const dequantizeLinear: Op<['x', 'scale', 'zero_point?'], ['y'], typeof attrs> = defineOp({
  type: 'DequantizeLinear',
  since: 21,
  inputs: ['x', 'scale', 'zero_point?'],
  attrs,
  infer: ({ x, scale, zero_point: zero }, { axis, block_size }) => {
    requireQuantized('DequantizeLinear', 'x', x, ['uint8', 'int8', 'uint16', 'int16', 'int32'])
    checkScale('DequantizeLinear', x, scale, zero, axis, block_size)
    return { dtype: scale.dtype, shape: x.shape }
  },
  vjp: nondiff(rounded),
  batch: unrolled,
  samples: [
    {
      x: { shape: [3, 4], dtype: 'uint8', low: 0, high: 255 },
      scale: { shape: [], low: 0.01, high: 0.1 },
      zero_point: { shape: [], dtype: 'uint8', low: 100, high: 140 },
    },
    {
      x: { shape: [2, 3, 4], dtype: 'int8', low: -99, high: 99 },
      scale: { shape: [3], low: 0.01, high: 0.1 },
      zero_point: { shape: [3], dtype: 'int8', low: -9, high: 9 },
    },
    { x: { shape: [4], dtype: 'int32', low: -99, high: 99 }, scale: { shape: [], low: 0.01, high: 0.1 } },
  ],
  traits: { flops: node => 2 * countedSize(node.outputs[0]?.shape ?? []) },
})
