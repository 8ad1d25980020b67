import type { Node } from '../../graph/node.ts'
import { defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { convAttrs, convShape } from '../nn/conv.ts'
import { countedSize } from '../nn/conv-shape.ts'
import { requireQuantized, rounded } from './quantized.ts'

type Names = ['x', 'x_scale', 'x_zero_point', 'w', 'w_scale', 'w_zero_point', 'y_scale', 'y_zero_point', 'b?']

/** Convolution of a quantised image with a quantised kernel (scales per tensor or per filter), quantised again; the bias is int32. */
export const qLinearConv: Op<Names, ['y'], typeof convAttrs> = defineOp({
  type: 'QLinearConv',
  since: 10,
  inputs: ['x', 'x_scale', 'x_zero_point', 'w', 'w_scale', 'w_zero_point', 'y_scale', 'y_zero_point', 'b?'],
  attrs: convAttrs,
  infer: ({ x, w, y_zero_point: zero, b }, attributes) => {
    requireQuantized('QLinearConv', 'x', x, ['uint8', 'int8'])
    requireQuantized('QLinearConv', 'w', w, ['uint8', 'int8'])
    if (b) requireQuantized('QLinearConv', 'b', b, ['int32'])
    return { dtype: zero.dtype, shape: convShape('QLinearConv', x, w, b, attributes) }
  },
  vjp: nondiff(rounded),
  batch: unrolled,
  samples: [
    {
      x: { shape: [1, 2, 5, 5], dtype: 'uint8', low: 0, high: 255 },
      x_scale: { values: [0.05], shape: [], dtype: 'float32' },
      x_zero_point: { values: [120], shape: [], dtype: 'uint8' },
      w: { shape: [3, 2, 3, 3], dtype: 'uint8', low: 0, high: 255 },
      w_scale: { values: [0.02], shape: [], dtype: 'float32' },
      w_zero_point: { values: [128], shape: [], dtype: 'uint8' },
      y_scale: { values: [0.6], shape: [], dtype: 'float32' },
      y_zero_point: { values: [110], shape: [], dtype: 'uint8' },
      b: { shape: [3], dtype: 'int32', low: -50, high: 50 },
      attrs: { pads: [1, 1, 1, 1] },
    },
  ],
  traits: { flops: qLinearConvFlops },
})

/** Two per weight and position; the kernel is the fourth input here. */
function qLinearConvFlops(node: Node): number {
  return 2 * countedSize(node.outputs[0]?.shape ?? []) * countedSize(node.inputs[3]?.shape.slice(1) ?? [])
}
