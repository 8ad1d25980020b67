import { ArgumentError } from '../../core/errors.ts'
import { ints } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { abs } from '../math/abs.ts'
import { div } from '../math/div.ts'
import { mul } from '../math/mul.ts'
import { sign } from '../math/sign.ts'
import { sqrt } from '../math/sqrt.ts'
import { sub } from '../math/sub.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { countedSize } from './conv-shape.ts'
import { alongAxis, batchAlongAxis } from './softmax.ts'

const attrs = { axis: attr.int(-1), p: attr.int(2) }

/** x / ‖x‖ₚ along an axis, for p = 1 or 2. */
export const lpNormalization: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'LpNormalization',
  since: 1,
  inputs: ['x'],
  attrs,
  infer: (inputs, attributes) => {
    const { p } = attributes
    if (p !== 1 && p !== 2)
      throw new ArgumentError({ where: 'LpNormalization', expected: 'p of 1 or 2', received: String(p) })
    return alongAxis('LpNormalization')(inputs, attributes)
  },
  // dx = (dy − d‖x‖·Σ dy·y) / ‖x‖, where d‖x‖ is y for p = 2 and sign(x) for p = 1.
  vjp: ({ x }, y, dy, { axis, p }) => {
    const axes = ints([axis])
    const norm = p === 2 ? sqrt(reduceSum(mul(x, x), axes)) : reduceSum(abs(x), axes)
    const slope = p === 2 ? y : sign(x)
    return { x: div(sub(dy, mul(slope, reduceSum(mul(dy, y), axes))), norm) }
  },
  batch: batchAlongAxis,
  samples: [
    { x: [3, 4] },
    { x: { shape: [3, 4], low: 0.5, high: 2 }, attrs: { axis: 0, p: 1 } },
    { x: [2, 3, 4], attrs: { axis: 1 } },
  ],
  traits: { flops: node => 3 * countedSize(node.inputs[0]?.shape ?? []) },
})
