import { elementwise } from '../batching.ts'
import { defineOp, type Op, zeroGradient } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { ordering } from './comparison.ts'

/** a ≥ b as bool, with broadcasting. */
export const greaterOrEqual: Op<['a', 'b']> = defineOp({
  type: 'GreaterOrEqual',
  since: 16,
  inputs: ['a', 'b'],
  infer: ordering('GreaterOrEqual'),
  vjp: zeroGradient('a comparison is constant almost everywhere'),
  fold: foldElementwise((a, b) => Number(a >= b), 'bool'),
  batch: elementwise,
  samples: [
    { a: [3, 4], b: [3, 4] },
    { a: { shape: [2, 1, 4], dtype: 'int32', high: 3 }, b: { shape: [3, 1], dtype: 'int32', high: 3 } },
    { a: { shape: [], dtype: 'int64', high: 3 }, b: { shape: [4], dtype: 'int64', high: 3 } },
  ],
  traits: { elementwise: true },
})
