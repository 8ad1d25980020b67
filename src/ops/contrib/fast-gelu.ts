import { defineOp, type Op } from '../define.ts'
import { unbroadcast } from '../gradients.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'
import { tanhGeluSlope } from '../nn/gelu-gradient.ts'
import { addBatchedBias, inferBiased } from './biased.ts'

/** Gelu of x + bias by the approximation with tanh; the bias is a vector over the last axis. ONNX Runtime's own operator. */
export const fastGelu: Op<['x', 'bias?']> = defineOp({
  type: 'FastGelu',
  domain: 'com.microsoft',
  since: 1,
  inputs: ['x', 'bias?'],

  infer: pair => inferBiased('FastGelu', pair),

  vjp: ({ x, bias }, _y, dy) => {
    const sum = bias ? add(x, bias) : x
    const dx = mul(dy, tanhGeluSlope(sum))
    return { x: dx, bias: bias && unbroadcast(dx, bias) }
  },
  batch: ({ x, bias }, { call, attributes }) =>
    bias?.batched
      ? call({ x: addBatchedBias(x, bias), bias: undefined }, attributes)
      : call({ x: x.value, bias: bias?.value }, attributes),
  samples: [{ x: [3, 4], bias: [4] }, { x: [2, 3, 4], bias: [4] }, { x: [3, 4] }],
  traits: { elementwise: true },
})
