import { sizeOf, staticShape } from '../../core/shape.ts'
import type { TensorType } from '../../graph/value.ts'
import { ints, scalarLike } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { requireFloat } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { expand } from '../shape/expand.ts'
import { countedSize, spatialShape } from './conv-shape.ts'
import { foldExamples } from './pool-shape.ts'

/** The mean over all spatial positions: [N, C, …] → [N, C, 1, …]. */
export const globalAveragePool: Op<['x']> = defineOp({
  type: 'GlobalAveragePool',
  since: 1,
  inputs: ['x'],
  infer: ({ x }) => globallyPooled('GlobalAveragePool', x),
  // Each of P positions gets dy / P.
  vjp: ({ x }, _y, dy) => {
    const shape = staticShape(x.shape, 'gradient of GlobalAveragePool')
    return { x: expand(mul(dy, scalarLike(1 / sizeOf(shape.slice(2)), dy)), ints(shape)) }
  },
  batch: foldExamples,
  samples: [{ x: [2, 3, 4, 5] }, { x: [2, 3, 4] }, { x: [1, 2, 2, 3, 2] }],
  traits: { flops: node => countedSize(node.inputs[0]?.shape ?? []) },
})

/** [N, C, 1, 1, …]. */
export function globallyPooled(where: string, x: TensorType): TensorType {
  requireFloat(where, x)
  return { dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...spatialShape(where, x).map(() => 1)] }
}
