import { isFloat } from '../../core/dtype.ts'
import { ArgumentError } from '../../core/errors.ts'
import { elementwise } from '../batching.ts'
import { attr, defineOp, nondiff, type Op } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { unbroadcast } from '../gradients.ts'
import { numericBinary } from '../infer.ts'
import { abs } from './abs.ts'
import { div } from './div.ts'
import { floor } from './floor.ts'
import { mul } from './mul.ts'
import { neg } from './neg.ts'
import { sign } from './sign.ts'

const foldRemainder = foldElementwise((a, b) => a % b)
const foldModulo = foldElementwise((a, b) => a - Math.floor(a / b) * b)

const attrs = { fmod: attr.int(0) }
const inferPair = numericBinary('Mod')

/**
 * Remainder of a / b, with broadcasting. Integers follow the sign of b, as in Python (`fmod: 0`); with `fmod: 1`, which floats
 * need, the result follows the sign of a, as C's fmod.
 */
export const mod: Op<['a', 'b'], ['y'], typeof attrs> = defineOp({
  type: 'Mod',
  since: 13,
  inputs: ['a', 'b'],
  attrs,
  infer: (pair, { fmod }) => {
    if (isFloat(pair.a.dtype) && fmod !== 1) {
      throw new ArgumentError({
        where: 'Mod',
        expected: 'fmod: 1 for floating-point inputs',
        received: `fmod: ${fmod}`,
        remedy: "Pass { fmod: 1 }; for Python's sign, use a − floor(a / b)·b.",
      })
    }
    return inferPair(pair)
  },
  // y = a − trunc(a/b)·b, and trunc is constant almost everywhere.
  vjp: ({ a, b }, _y, dy) => {
    if (!isFloat(a.dtype)) return { a: nondiff('integer remainder'), b: nondiff('integer remainder') }
    const quotient = div(a, b)
    const truncated = mul(sign(quotient), floor(abs(quotient)))
    return { a: unbroadcast(dy, a), b: neg(unbroadcast(mul(dy, truncated), b)) }
  },
  fold: ({ a, b }, { fmod }) => (fmod ? foldRemainder({ a, b }) : foldModulo({ a, b })),
  batch: elementwise,
  samples: [
    { a: { shape: [3, 4], distinct: true }, b: { values: [2, -3, 1.5, 7], dtype: 'float32' }, attrs: { fmod: 1 } },
    { a: { shape: [2, 1], low: 4.1, high: 4.9 }, b: { shape: [3], low: 2.5, high: 4 }, attrs: { fmod: 1 } },
    { a: { shape: [3, 4], dtype: 'int32', low: -9, high: 9 }, b: { shape: [4], dtype: 'int32', low: 1, high: 5 } },
    {
      a: { shape: [6], dtype: 'int64', low: -9, high: 9 },
      b: { shape: [6], dtype: 'int64', low: -5, high: -1 },
      attrs: { fmod: 1 },
    },
  ],
  traits: { elementwise: true },
})
