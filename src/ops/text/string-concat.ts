import { broadcastShapes } from '../../core/shape.ts'
import { elementwise } from '../batching.ts'
import { defineOp, nondiff, type Op } from '../define.ts'
import { requireString } from '../infer.ts'

/** Strings of `a` with those of `b` behind them, with broadcasting. */
export const stringConcat: Op<['a', 'b']> = defineOp({
  type: 'StringConcat',
  since: 20,
  inputs: ['a', 'b'],
  infer: ({ a, b }) => {
    requireString('StringConcat', a)
    requireString('StringConcat', b)
    return { dtype: 'string', shape: broadcastShapes('StringConcat', a.shape, b.shape) }
  },
  vjp: nondiff('strings have no slope'),
  batch: elementwise,
  samples: [
    { a: { strings: ['a', 'é', ''], shape: [3, 1] }, b: { strings: ['x', ''] } },
    { a: { strings: ['one'], shape: [] }, b: { strings: ['two', '日本'], shape: [2] } },
  ],
  traits: { elementwise: true },
})
