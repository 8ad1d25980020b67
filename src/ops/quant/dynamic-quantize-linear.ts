import { DTypeError } from '../../core/errors.ts'
import { defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { countedSize } from '../nn/conv-shape.ts'
import { rounded } from './quantized.ts'

/** Quantises to uint8 with the scale and zero point that cover the values' own range (and 0). */
export const dynamicQuantizeLinear: Op<['x'], ['y', 'scale', 'zero_point']> = defineOp({
  type: 'DynamicQuantizeLinear',
  since: 11,
  inputs: ['x'],
  outputs: ['y', 'scale', 'zero_point'],
  infer: ({ x }) => {
    if (x.dtype !== 'float32')
      throw new DTypeError({ where: 'DynamicQuantizeLinear', expected: 'float32', received: x.dtype })
    return {
      y: { dtype: 'uint8', shape: x.shape },
      scale: { dtype: 'float32', shape: [] },
      zero_point: { dtype: 'uint8', shape: [] },
    }
  },
  vjp: nondiff(rounded),
  batch: unrolled,
  samples: [{ x: [3, 4] }, { x: [5] }],
  traits: { flops: node => 4 * countedSize(node.inputs[0]?.shape ?? []) },
})
