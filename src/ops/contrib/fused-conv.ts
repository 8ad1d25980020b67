import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { convAttrs, convFlops, convShape } from '../nn/conv.ts'

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
  vjp: nondiff('the engine makes it while it optimises a graph; differentiate Conv and its activation instead'),
  batch: unrolled,
  samples: [{ x: [2, 3, 5, 5], w: [4, 3, 3, 3], b: [4], attrs: { activation: 'Relu', pads: [1, 1, 1, 1] } }],
  traits: { flops: convFlops },
})
