import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'
import { sigmoid } from '../math/sigmoid.ts'
import { sub } from '../math/sub.ts'

const attrs = { alpha: attr.float(1.702) }
/** x·σ(alpha·x), an approximation of Gelu at alpha = 1.702 (Hendrycks & Gimpel, 2016). ONNX Runtime's own operator. */
export const quickGelu: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'QuickGelu',
  domain: 'com.microsoft',
  since: 1,
  inputs: ['x'],
  attrs,
  infer: floatUnary('QuickGelu'),
  // with s = σ(alpha·x): dy/dx = s + alpha·y·(1 − s)
  vjp: ({ x }, y, dy, { alpha }) => {
    const s = sigmoid(mul(x, scalarLike(alpha, x)))
    return { x: mul(dy, add(s, mul(mul(y, scalarLike(alpha, y)), sub(scalarLike(1, s), s)))) }
  },
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }, { x: [5], attrs: { alpha: 1 } }],
  traits: { elementwise: true },
})
