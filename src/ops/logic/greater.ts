import { broadcastShapes } from '../../core/shape.ts'
import { elementwise } from '../batching.ts'
import { defineOp, type Op, zeroGradient } from '../define.ts'
import { requireNumeric, sameDType } from '../infer.ts'

/** a > b as bool, with broadcasting. */
export const greater: Op<['a', 'b']> = defineOp({
  type: 'Greater',
  since: 13,
  inputs: ['a', 'b'],
  infer: ({ a, b }) => {
    requireNumeric('Greater', a)
    sameDType('Greater', a, b)
    return { dtype: 'bool', shape: broadcastShapes('Greater', a.shape, b.shape) }
  },
  vjp: zeroGradient('a comparison is constant almost everywhere'),
  batch: elementwise,
  samples: [
    { a: [3, 4], b: [3, 4] },
    { a: [2, 1, 4], b: [3, 1] },
  ],
  traits: { elementwise: true },
})
