import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { greater } from '../logic/greater.ts'
import { where } from '../logic/where.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'

const attrs = { alpha: attr.float(1) }

/** max(0, x) + min(0, alpha·(exp(x/alpha) − 1)) (Barron, 2017). */
export const celu: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Celu',
  since: 12,
  inputs: ['x'],
  attrs,
  infer: floatUnary('Celu'),
  // dy/dx below zero is exp(x/alpha) = y/alpha + 1, which cannot overflow
  vjp: ({ x }, y, dy, { alpha }) => {
    const slope = add(mul(y, scalarLike(1 / alpha, y)), scalarLike(1, y))
    return { x: where(greater(x, scalarLike(0, x)), dy, mul(dy, slope)) }
  },
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], distinct: true } }, { x: { shape: [], low: -2, high: -1 }, attrs: { alpha: 2 } }],
  traits: { elementwise: true },
})
