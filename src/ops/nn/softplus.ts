import { elementwise } from '../batching.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { sigmoid } from '../math/sigmoid.ts'

/** log(1 + eˣ). */
export const softplus: Op<['x']> = defineOp({
  type: 'Softplus',
  since: 1,
  inputs: ['x'],
  infer: floatUnary('Softplus'),
  vjp: ({ x }, _y, dy) => ({ x: mul(dy, sigmoid(x)) }),
  batch: elementwise,
  samples: [{ x: [3, 4] }, { x: [] }],
  traits: { elementwise: true },
})
