import { NotDifferentiableError } from '../../core/errors.ts'
import type { Value } from '../../graph/value.ts'
import { scalarLike } from '../constants.ts'
import { attr, defineOp, type Op, unrolled } from '../define.ts'
import { gradientsThrough } from '../expansion.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { add } from '../math/add.ts'
import { sigmoid } from '../math/sigmoid.ts'
import { tanh } from '../math/tanh.ts'
import { clip } from '../nn/clip.ts'
import { conv, convAttrs, convFlops, convShape } from '../nn/conv.ts'
import { hardSigmoid } from '../nn/hard-sigmoid.ts'
import { leakyRelu } from '../nn/leaky-relu.ts'
import { relu } from '../nn/relu.ts'

const attrs = { ...convAttrs, activation: attr.string(), activation_params: attr.floats() }

/** activation(Conv(x, w, b) + z), which ONNX Runtime makes of Conv and what follows it. */
export const fusedConv: Op<['x', 'w', 'b?', 'z?'], ['y'], typeof attrs> = defineOp({
  type: 'FusedConv',
  domain: 'com.microsoft',
  since: 1,
  inputs: ['x', 'w', 'b?', 'z?'],
  attrs,
  infer: ({ x, w, b }, attributes) => {
    requireFloat('FusedConv', x)
    return { dtype: sameDType('FusedConv', x, w), shape: convShape('FusedConv', x, w, b, attributes) }
  },
  vjp: ({ x, w, b, z }, _y, dy, { activation, activation_params, ...attributes }, walks) => {
    const plain = conv(x, w, b, attributes)
    const equal = activated(z ? add(plain, z) : plain, activation, activation_params ?? [])
    return gradientsThrough({ x, w, b, z }, [equal], [dy], walks)
  },
  batch: unrolled,
  samples: [
    {
      x: [2, 3, 5, 5],
      w: [4, 3, 3, 3],
      b: [4],
      attrs: { activation: 'Relu', pads: [1, 1, 1, 1] },
      skip: { gradient: 'differences in float32 step over the kink of some element' },
    },
    { x: [1, 2, 4, 4], w: [4, 2, 2, 2], b: [4], z: [1, 4, 3, 3], attrs: { activation: 'Tanh' } },
    {
      x: [1, 2, 4, 4],
      w: [4, 2, 2, 2],
      attrs: { activation: 'LeakyRelu', activation_params: [0.25], strides: [2, 2] },
    },
  ],
  traits: { flops: convFlops },
})

/** The activations that ONNX Runtime fuses, with their parameters in its order. */
function activated(x: Value, name: string | undefined, [first, second]: readonly number[]): Value {
  switch (name) {
    case undefined:
    case '':
      return x
    case 'Relu':
      return relu(x)
    case 'Tanh':
      return tanh(x)
    case 'Sigmoid':
      return sigmoid(x)
    case 'LeakyRelu':
      return leakyRelu(x, { alpha: first })
    case 'HardSigmoid':
      return hardSigmoid(x, { alpha: first, beta: second })
    case 'Clip':
      return clip(x, scalarLike(first ?? 0, x), scalarLike(second ?? 0, x))
    default:
      throw new NotDifferentiableError({
        where: 'gradient of FusedConv',
        expected: 'Relu, Tanh, Sigmoid, LeakyRelu, HardSigmoid or Clip',
        received: `the activation ${name}`,
      })
  }
}
