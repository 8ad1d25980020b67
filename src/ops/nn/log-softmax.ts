import { ints } from '../constants.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { exp } from '../math/exp.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { countedSize } from './conv-shape.ts'
import { alongAxis, batchAlongAxis } from './softmax.ts'

const attrs = { axis: attr.int(-1) }

/** xᵢ − log Σ exp(xⱼ) along an axis: log-probabilities from logits, without leaving the range of floats. */
export const logSoftmax: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'LogSoftmax',
  since: 13,
  inputs: ['x'],
  attrs,
  infer: alongAxis('LogSoftmax'),
  // dx = dy − softmax(x)·Σ dy, and softmax(x) = exp(y).
  vjp: (_, y, dy, { axis }) => ({ x: sub(dy, mul(exp(y), reduceSum(dy, ints([axis])))) }),
  batch: batchAlongAxis,
  samples: [{ x: [3, 4] }, { x: [2, 3, 4], attrs: { axis: 1 } }, { x: [2, 3], attrs: { axis: 0 } }, { x: [5] }],
  // Maximum, difference, exponential, sum, difference.
  traits: { flops: node => 5 * countedSize(node.outputs[0]?.shape ?? []) },
})
