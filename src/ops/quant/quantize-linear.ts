import { isFloat } from '../../core/dtype.ts'
import { DTypeError } from '../../core/errors.ts'
import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { dtypeOfCode } from '../dtype-code.ts'
import { countedSize } from '../nn/conv-shape.ts'
import { checkScale, requireQuantized, rounded } from './quantized.ts'

const attrs = { axis: attr.int(1), block_size: attr.int(0), output_dtype: attr.int(0), saturate: attr.int(1) }

/** round(x / scale) + zero point, saturated to the integer type (that of the zero point; uint8 without one). */
export const quantizeLinear: Op<['x', 'scale', 'zero_point?'], ['y'], typeof attrs> = defineOp({
  type: 'QuantizeLinear',
  since: 21,
  inputs: ['x', 'scale', 'zero_point?'],
  attrs,
  infer: ({ x, scale, zero_point: zero }, { axis, block_size, output_dtype }) => {
    if (!isFloat(x.dtype) && x.dtype !== 'int32') {
      throw new DTypeError({ where: 'QuantizeLinear', expected: 'a floating-point or int32 tensor', received: x.dtype })
    }
    checkScale('QuantizeLinear', x, scale, zero, axis, block_size)
    if (zero) requireQuantized('QuantizeLinear', 'zero_point', zero, ['uint8', 'int8', 'uint16', 'int16'])
    return { dtype: zero?.dtype ?? (output_dtype === 0 ? 'uint8' : dtypeOfCode(output_dtype)), shape: x.shape }
  },
  vjp: nondiff(rounded),
  batch: unrolled,
  samples: [
    {
      x: [3, 4],
      scale: { shape: [], low: 0.01, high: 0.1 },
      zero_point: { shape: [], dtype: 'uint8', low: 100, high: 140 },
    },
    {
      x: [2, 3, 4],
      scale: { shape: [3], low: 0.01, high: 0.1 },
      zero_point: { shape: [3], dtype: 'int8', low: -9, high: 9 },
    },
    { x: [3, 4], scale: { shape: [], low: 0.01, high: 0.1 } },
  ],
  traits: { flops: node => 2 * countedSize(node.outputs[0]?.shape ?? []) },
})
