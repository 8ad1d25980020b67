import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { greater } from '../logic/greater.ts'
import { where } from '../logic/where.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'

const attrs = { alpha: attr.float(1) }

/** x for x ≥ 0, else alpha·(eˣ − 1) (Clevert et al., 2016). */
export const elu: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Elu',
  since: 6,
  inputs: ['x'],
  attrs,
  infer: floatUnary('Elu'),
  // dy/dx below zero is alpha·eˣ = y + alpha, which cannot overflow
  vjp: ({ x }, y, dy, { alpha }) => {
    const slope = add(y, scalarLike(alpha, y))
    return { x: where(greater(x, scalarLike(0, x)), dy, mul(dy, slope)) }
  },
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], distinct: true } }, { x: { shape: [], low: -2, high: -1 }, attrs: { alpha: 0.5 } }],
  traits: { elementwise: true },
})
