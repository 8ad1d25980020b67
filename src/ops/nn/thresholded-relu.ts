import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { greater } from '../logic/greater.ts'
import { cast } from '../math/cast.ts'
import { mul } from '../math/mul.ts'

const attrs = { alpha: attr.float(1) }

/** x where x > alpha, else 0. */
export const thresholdedRelu: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'ThresholdedRelu',
  since: 10,
  inputs: ['x'],
  attrs,
  infer: floatUnary('ThresholdedRelu'),
  // dx = dy·[x > alpha]
  vjp: ({ x }, _y, dy, { alpha }) => ({ x: mul(dy, cast(greater(x, scalarLike(alpha, x)), { to: x.dtype })) }),
  batch: elementwise,
  samples: [{ x: { shape: [4, 4], distinct: true } }, { x: { shape: [], low: 1, high: 2 }, attrs: { alpha: 0.5 } }],
  traits: { elementwise: true },
})
