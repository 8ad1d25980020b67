import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'
import { sigmoid } from '../math/sigmoid.ts'
import { sub } from '../math/sub.ts'

const attrs = { alpha: attr.float(1) }

/** x·σ(alpha·x) (Ramachandran et al., "Searching for Activation Functions", 2017). */
export const swish: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Swish',
  since: 24,
  inputs: ['x'],
  attrs,
  infer: floatUnary('Swish'),
  // with s = σ(alpha·x): dy/dx = s + alpha·y·(1 − s)
  vjp: ({ x }, y, dy, { alpha }) => {
    const s = sigmoid(mul(x, scalarLike(alpha, x)))
    const slope = mul(mul(y, scalarLike(alpha, y)), sub(scalarLike(1, s), s))
    return { x: mul(dy, add(s, slope)) }
  },
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }, { x: [3, 4], attrs: { alpha: 1.7 } }],
  traits: { elementwise: true },
})
