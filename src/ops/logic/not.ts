import { elementwise } from '../batching.ts'
import { defineOp, type Op, zeroGradient } from '../define.ts'
import { foldElementwise } from '../fold.ts'
import { requireBool } from '../infer.ts'

/** ¬x on bool tensors. */
export const not: Op<['x']> = defineOp({
  type: 'Not',
  since: 1,
  inputs: ['x'],
  infer: ({ x }) => {
    requireBool('Not', x)
    return x
  },
  vjp: zeroGradient('a truth value does not change smoothly'),
  fold: foldElementwise(x => 1 - x),
  batch: elementwise,
  samples: [{ x: { shape: [3, 4], dtype: 'bool' } }, { x: { shape: [], dtype: 'bool' } }],
  traits: { elementwise: true },
})
