import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { geluSlope } from '../nn/gelu-gradient.ts'

/** x·Φ(x), Φ the standard normal distribution, exactly. ONNX Runtime's own operator. */
export const fusedGelu: Op<['x']> = defineOp({
  type: 'Gelu',
  domain: 'com.microsoft',
  since: 1,
  inputs: ['x'],

  infer: floatUnary('Gelu'),

  vjp: ({ x }, _y, dy) => ({ x: mul(dy, geluSlope(x)) }),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
