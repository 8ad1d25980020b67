import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { greater } from '../logic/greater.ts'
import { where } from '../logic/where.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'

const attrs = { alpha: attr.float(1.6732631921768188), gamma: attr.float(1.0507010221481323) }

/** gamma·x for x > 0, else gamma·alpha·(eˣ − 1) (Klambauer et al., "Self-Normalizing Neural Networks", 2017). */
export const selu: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'Selu',
  since: 6,
  inputs: ['x'],
  attrs,
  infer: floatUnary('Selu'),
  // dy/dx below zero is gamma·alpha·eˣ = y + gamma·alpha, which cannot overflow
  vjp: ({ x }, y, dy, { alpha, gamma }) => {
    const slope = where(greater(x, scalarLike(0, x)), scalarLike(gamma, y), add(y, scalarLike(gamma * alpha, y)))
    return { x: mul(dy, slope) }
  },
  batch: elementwise,
  samples: [
    { x: { shape: [3, 4], distinct: true } },
    { x: { shape: [], low: -2, high: -1 }, attrs: { alpha: 1.5, gamma: 2 } },
  ],
  traits: { elementwise: true },
})
