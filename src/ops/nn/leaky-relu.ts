import { elementwise } from '../batching.ts'
import { scalarLike } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { floatUnary } from '../infer.ts'
import { add } from '../math/add.ts'
import { mul } from '../math/mul.ts'
import { positive } from './step.ts'

const attrs = { alpha: attr.float(0.01) }

/** x for x ≥ 0, else alpha·x. The gradient at 0 is alpha, as in TensorFlow. */
export const leakyRelu: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'LeakyRelu',
  since: 16,
  inputs: ['x'],
  attrs,
  infer: floatUnary('LeakyRelu'),
  // dx = dy·(alpha + (1 − alpha)·[x > 0])
  vjp: ({ x }, _y, dy, { alpha }) => ({
    x: mul(dy, add(mul(positive(x), scalarLike(1 - alpha, x)), scalarLike(alpha, x))),
  }),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], distinct: true } }, { x: { shape: [], low: -2, high: -1 }, attrs: { alpha: 0.3 } }],
  traits: { elementwise: true },
})
