import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'
import { sigmoid } from '../math/sigmoid.ts'
import { sub } from '../math/sub.ts'
import { tanh } from '../math/tanh.ts'
import { softplus } from './softplus.ts'

/** x · tanh(log(1 + eˣ)) (Misra, 2019). */
export const mish: Op<['x']> = defineOp({
  type: 'Mish',
  since: 18,
  inputs: ['x'],
  infer: floatUnary('Mish'),
  // with t = tanh(softplus x): d mish(x) = (t + x (1 − t²) σ(x)) dx
  vjp: ({ x }, _y, dy) => {
    const t = tanh(softplus(x))
    const slope = mul(sub(scalarLike(1, x), mul(t, t)), sigmoid(x))
    return { x: mul(dy, add(t, mul(x, slope))) }
  },
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
