import { normalizeAxis, sizeOf, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constantLike, ints } from '../constants.ts'
import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { mul } from '../math/mul.ts'
import { countedSize } from '../nn/conv-shape.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { reshapeTo } from '../shape/reshape.ts'
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
  // Linear in the scale: dscale is Σ dy·(x − zero point) over what each scale serves.
  vjp: ({ x, scale, zero_point }, _y, dy, attributes) => ({
    x: nondiff(rounded),
    scale:
      attributes.block_size > 0
        ? nondiff('scales of blocks have no rule')
        : scaleGradient(x, scale, zero_point, dy, attributes),
    zero_point: nondiff(rounded),
  }),
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

function scaleGradient(
  x: Value,
  scale: Value,
  zero: Value | undefined,
  dy: Value,
  attributes: { readonly axis: number; readonly block_size: number },
): Value {
  const shape = staticShape(scale.shape, 'gradient of DequantizeLinear')
  const ones = constantLike(new Array<number>(sizeOf(shape)).fill(1), shape, scale)
  const terms = mul(dy, dequantizeLinear(x, ones, zero, attributes))
  const along = sizeOf(shape) === 1 ? -1 : normalizeAxis(attributes.axis, x.shape.length, 'DequantizeLinear')
  const summed = x.shape.map((_, axis) => axis).filter(axis => axis !== along)
  return reshapeTo(summed.length === 0 ? terms : reduceSum(terms, ints(summed), { keepdims: 0 }), shape)
}
