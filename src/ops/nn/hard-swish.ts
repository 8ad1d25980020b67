import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'
import { hardSigmoid } from './hard-sigmoid.ts'
import { strictlyBetween } from './step.ts'

/** x · max(0, min(1, x/6 + ½)) (Howard et al., "Searching for MobileNetV3", 2019). */
export const hardSwish: Op<['x']> = defineOp({
  type: 'HardSwish',
  since: 14,
  inputs: ['x'],
  infer: floatUnary('HardSwish'),
  // with the gate h = max(0, min(1, x/6 + ½)): dy/dx = h + x h′, and h′ = 1/6 where 0 < h < 1
  vjp: ({ x }, _y, dy) => {
    const gate = hardSigmoid(x, { alpha: 1 / 6, beta: 0.5 })
    const slope = mul(scalarLike(1 / 6, x), strictlyBetween(gate, 0, 1))
    return { x: mul(dy, add(gate, mul(x, slope))) }
  },
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], distinct: true } }, { x: { shape: [6, 7], distinct: true } }],
  traits: { elementwise: true },
})
