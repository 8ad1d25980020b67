import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { abs } from '../math/abs.ts'
import { add } from '../math/add.ts'
import { div } from '../math/div.ts'
import { mul } from '../math/mul.ts'

/** x / (1 + |x|). */
export const softsign: Op<['x']> = defineOp({
  type: 'Softsign',
  since: 1,
  inputs: ['x'],
  infer: floatUnary('Softsign'),
  // d softsign(x) = dx / (1 + |x|)²
  vjp: ({ x }, _y, dy) => {
    const base = add(abs(x), scalarLike(1, x))
    return { x: div(dy, mul(base, base)) }
  },
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], distinct: true } }, { x: { shape: [], low: 0.1, high: 0.4 } }],
  traits: { elementwise: true },
})
