import { isFloat } from '../../core/dtype.ts'
import { broadcastShapes } from '../../core/shape.ts'
import { elementwise } from '../batching.ts'
import { defineOp, nondiff, type Op, zeroGradient } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { unbroadcast } from '../gradients.ts'
import { requireBool, sameDType } from '../infer.ts'
import { cast } from '../math/cast.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'

/** `x` where `condition` holds, else `y`; all three broadcast. */
export const where: Op<['condition', 'x', 'y']> = defineOp({
  type: 'Where',
  since: 16,
  inputs: ['condition', 'x', 'y'],
  infer: ({ condition, x, y }) => {
    requireBool('Where', condition)
    return { dtype: sameDType('Where', x, y), shape: broadcastShapes('Where', condition.shape, x.shape, y.shape) }
  },
  // dx = dy·[condition] and dy − dx goes to the other. A product with the mask, since it beats Where on the CPU engine.
  vjp: ({ condition, x, y }, _out, dy) => {
    const reason = zeroGradient('a truth value does not change smoothly')
    if (!isFloat(x.dtype)) return { condition: reason, x: nondiff('integers'), y: nondiff('integers') }
    const toX = mul(dy, cast(condition, { to: dy.dtype }))
    return { condition: reason, x: unbroadcast(toX, x), y: unbroadcast(sub(dy, toX), y) }
  },
  fold: foldElementwise((condition, x, y) => (condition ? x : y)),
  batch: elementwise,
  samples: [
    { condition: { shape: [3, 4], dtype: 'bool' }, x: [3, 4], y: [3, 4] },
    { condition: { shape: [2, 1, 4], dtype: 'bool' }, x: [3, 1], y: [] },
    { condition: { shape: [4], dtype: 'bool' }, x: [2, 4], y: [1, 1] },
    {
      condition: { shape: [2, 2], dtype: 'bool' },
      x: { shape: [2, 2], dtype: 'int64' },
      y: { shape: [2], dtype: 'int64' },
    },
  ],
  traits: { elementwise: true },
})
