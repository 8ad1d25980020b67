import { defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { countedSize } from '../nn/conv-shape.ts'
import { productShape, requireQuantized, rounded } from '../quant/quantized.ts'

/** Product of a, quantised on the way in, with an 8-bit matrix b; the result is floating-point again, plus a bias. */
export const dynamicQuantizeMatMul: Op<['a', 'b', 'b_scale', 'b_zero_point?', 'bias?']> = defineOp({
  type: 'DynamicQuantizeMatMul',
  domain: 'com.microsoft',
  since: 1,
  inputs: ['a', 'b', 'b_scale', 'b_zero_point?', 'bias?'],
  infer: ({ a, b }) => {
    requireFloat('DynamicQuantizeMatMul', a)
    requireQuantized('DynamicQuantizeMatMul', 'b', b, ['uint8', 'int8'])
    return { dtype: a.dtype, shape: productShape('DynamicQuantizeMatMul', a.shape, b.shape) }
  },
  vjp: nondiff(rounded),
  batch: unrolled,
  samples: [
    {
      a: [3, 4],
      b: { shape: [4, 2], dtype: 'uint8', low: 0, high: 255 },
      b_scale: { values: [0.02], shape: [], dtype: 'float32' },
      b_zero_point: { values: [128], shape: [], dtype: 'uint8' },
      bias: [2],
    },
  ],
  traits: {
    flops: node => 2 * countedSize(node.outputs[0]?.shape ?? []) * countedSize(node.inputs[0]?.shape.slice(-1) ?? []),
  },
})
