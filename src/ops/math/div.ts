import { isFloat } from '../../core/dtype.ts'
import { elementwise } from '../batching.ts'
import { defineOp, nondiff, type Op } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { unbroadcast } from '../gradients.ts'
import { numericBinary } from '../infer.ts'
import { mul } from './mul.ts'
import { neg } from './neg.ts'

const foldFloat = foldElementwise((a, b) => a / b)
// Division by zero gives infinity here, which no integer type holds: it is left to the runtime.
const foldInt = foldElementwise((a, b) => Math.trunc(a / b))

/** a / b, with broadcasting; integers truncate towards zero. */
export const div: Op<['a', 'b']> = defineOp({
  type: 'Div',
  since: 14,
  inputs: ['a', 'b'],
  infer: numericBinary('Div'),
  // ∂/∂a = dy/b, ∂/∂b = −dy·a/b² = −dy·y/b
  vjp: ({ a, b }, y, dy) => {
    if (!isFloat(a.dtype)) return { a: nondiff('integer division'), b: nondiff('integer division') }
    const over = div(dy, b)
    return { a: unbroadcast(over, a), b: neg(unbroadcast(mul(over, y), b)) }
  },
  fold: inputs => (isFloat(inputs.a.dtype) ? foldFloat(inputs) : foldInt(inputs)),
  batch: elementwise,
  samples: [
    { a: [3, 4], b: { shape: [3, 4], low: 0.5, high: 2 } },
    { a: [2, 1, 4], b: { shape: [3, 1], low: -2, high: -0.5 } },
  ],
  traits: { elementwise: true },
})
