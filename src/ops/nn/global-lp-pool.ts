import { attr, defineOp, type Op } from '../define.ts'
import { mul } from '../math/mul.ts'
import { countedSize } from './conv-shape.ts'
import { globallyPooled } from './global-average-pool.ts'
import { overNorm, powerOf, requireNorm } from './lp-pool.ts'
import { foldExamples } from './pool-shape.ts'

const attrs = { p: attr.int(2) }

/** ‖x‖ₚ over all spatial positions: [N, C, …] → [N, C, 1, …]. */
export const globalLpPool: Op<['x'], ['y'], typeof attrs> = defineOp({
  type: 'GlobalLpPool',
  since: 2,
  inputs: ['x'],
  attrs,
  infer: ({ x }, { p }) => {
    requireNorm('GlobalLpPool', p)
    return globallyPooled('GlobalLpPool', x)
  },
  vjp: ({ x }, y, dy, { p }) => ({ x: mul(overNorm(dy, y, p), powerOf(x, p)) }),
  batch: foldExamples,
  samples: [{ x: [2, 3, 4, 3] }, { x: { shape: [2, 2, 4], low: 0.5, high: 2 }, attrs: { p: 3 } }],
  traits: { flops: node => 2 * countedSize(node.inputs[0]?.shape ?? []) },
})
