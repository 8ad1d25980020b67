import { ShapeError } from '../../core/errors.ts'
import { type Dim, formatShape, sizeOf, staticShape } from '../../core/shape.ts'
import type { TensorType, Value } from '../../graph/value.ts'
import { constantLike, ints } from '../constants.ts'
import { matMul } from '../math/mat-mul.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { reshapeTo } from '../shape/reshape.ts'

/** Vectors with one entry per channel (biases, scales, statistics) and tensors [N, C, …spatial]. */

/** Throws unless `vector` has the shape [channels]. */
export function requirePerChannel(where: string, name: string, vector: TensorType | undefined, channels: Dim): void {
  if (!vector) return
  const [size] = vector.shape
  if (vector.shape.length === 1 && (size === channels || typeof size === 'string' || typeof channels === 'string'))
    return
  throw new ShapeError({
    where,
    expected: `'${name}' of shape [${channels}], one entry per channel`,
    received: formatShape(vector.shape),
    details: { input: name, channels },
  })
}

/** [C] → [C, 1, …], which broadcasts against [N, C, …spatial] of the given rank. */
export const alongChannels = (vector: Value, rank: number): Value =>
  rank === 2 ? vector : reshapeTo(vector, [sizeOf(vector.shape), ...new Array<number>(rank - 2).fill(1)])

/**
 * Σ over examples and positions: [N, C, …] → [C]. Along the rows first, then over the examples as a product with ones:
 * 0.46 ms on the CPU engine, against 0.63 for one ReduceSum over all those axes ([128, 32, 26, 26]).
 */
export function sumPerChannel(x: Value): Value {
  const [n = 0, c = 0, ...spatial] = staticShape(x.shape, 'sum over examples')
  const rows = spatial.length === 0 ? x : reduceSum(reshapeTo(x, [n, c, sizeOf(spatial)]), ints([2]), { keepdims: 0 })
  return reshapeTo(sumExamples(rows), [c])
}

/** Σ over axis 0, flattened to [1, rest]: a product with a row of ones, which uses all cores where ReduceSum does not. */
export function sumExamples(x: Value): Value {
  const [n = 0, ...rest] = staticShape(x.shape, 'sum over examples')
  const flat = [n, sizeOf(rest)]
  if (n === 1) return reshapeTo(x, flat)
  return matMul(constantLike(new Array<number>(n).fill(1), [1, n], x), reshapeTo(x, flat))
}
