import { sizeOf, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { constant } from '../constants.ts'
import { defineOp, type Op } from '../define.ts'
import { equal } from '../logic/equal.ts'
import { cast } from '../math/cast.ts'
import { mul } from '../math/mul.ts'
import { argMax } from '../reduce/arg-max.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { countedSize } from './conv-shape.ts'
import { globallyPooled } from './global-average-pool.ts'
import { foldExamples } from './pool-shape.ts'

/** The largest element over all spatial positions: [N, C, …] → [N, C, 1, …]. */
export const globalMaxPool: Op<['x']> = defineOp({
  type: 'GlobalMaxPool',
  since: 1,
  inputs: ['x'],
  infer: ({ x }) => globallyPooled('GlobalMaxPool', x),
  vjp: ({ x }, _y, dy) => ({ x: firstMaximumGradient(x, dy) }),
  batch: foldExamples,
  samples: [
    { x: { shape: [2, 3, 4, 5], distinct: true } },
    { x: { shape: [2, 3, 4], distinct: true } },
    { x: { shape: [1, 2, 2, 3, 2], distinct: true } },
  ],
  traits: { flops: node => countedSize(node.inputs[0]?.shape ?? []) },
})

/** dx: the first (row-major) of the positions that hold the maximum gets dy, as in MaxPool. */
function firstMaximumGradient(x: Value, dy: Value): Value {
  const [n = 0, c = 0, ...spatial] = staticShape(x.shape, 'gradient of GlobalMaxPool')
  const positions = sizeOf(spatial)
  const first = argMax(reshapeTo(x, [n, c, positions]), { axis: 2, keepdims: 1 }) // [N, C, 1]
  const numbers = constant(
    Array.from({ length: positions }, (_, i) => i),
    [positions],
    'int64',
  )
  const won = cast(equal(numbers, first), { to: dy.dtype }) // [N, C, P]
  return reshapeTo(mul(won, reshapeTo(dy, [n, c, 1])), [n, c, ...spatial])
}
