import { defineOp, type Op } from '../define.ts'
import { unbroadcast } from '../gradients.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'
import { geluSlope } from '../nn/gelu-gradient.ts'
import { addBatchedBias, inferBiased } from './biased.ts'
import { fusedGelu } from './gelu.ts'

/** x·Φ(x) of x + bias; the bias is a vector over the last axis. ONNX Runtime's own operator. */
export const biasGelu: Op<['x', 'bias']> = defineOp({
  type: 'BiasGelu',
  domain: 'com.microsoft',
  since: 1,
  inputs: ['x', 'bias'],

  infer: pair => inferBiased('BiasGelu', pair),

  vjp: ({ x, bias }, _y, dy) => {
    const sum = add(x, bias)
    const dx = mul(dy, geluSlope(sum))
    return { x: dx, bias: unbroadcast(dx, bias) }
  },
  batch: ({ x, bias }, { call, attributes }) =>
    bias.batched ? fusedGelu(addBatchedBias(x, bias)) : call({ x: x.value, bias: bias.value }, attributes),
  samples: [
    { x: [3, 4], bias: [4] },
    { x: [2, 3, 4], bias: [4] },
  ],
  traits: { elementwise: true },
})
