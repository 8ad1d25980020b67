import { defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { convAttrs, convFlops, convShape } from '../nn/conv.ts'
import { requireQuantized, rounded } from './quantized.ts'

/** Convolution of 8-bit integers minus their zero points, in int32. */
export const convInteger: Op<['x', 'w', 'x_zero_point?', 'w_zero_point?'], ['y'], typeof convAttrs> = defineOp({
  type: 'ConvInteger',
  since: 10,
  inputs: ['x', 'w', 'x_zero_point?', 'w_zero_point?'],
  attrs: convAttrs,
  infer: ({ x, w }, attributes) => {
    requireQuantized('ConvInteger', 'x', x, ['uint8', 'int8'])
    requireQuantized('ConvInteger', 'w', w, ['uint8', 'int8'])
    return { dtype: 'int32', shape: convShape('ConvInteger', x, w, undefined, attributes) }
  },
  vjp: nondiff(rounded),
  batch: unrolled,
  samples: [
    {
      x: { shape: [1, 2, 5, 5], dtype: 'uint8', low: 0, high: 120 },
      w: { shape: [3, 2, 3, 3], dtype: 'uint8', low: 0, high: 120 },
      x_zero_point: { values: [7], shape: [], dtype: 'uint8' },
      attrs: { pads: [1, 1, 1, 1], strides: [2, 1] },
    },
  ],
  traits: { flops: convFlops },
})
