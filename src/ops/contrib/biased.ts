import { ShapeError } from '../../core/errors.ts'
import { formatShape } from '../../core/shape.ts'
import type { Batched } from '../../graph/operator.ts'
import type { TensorType, Value } from '../../graph/value.ts'
import { logicalRank, padRank } from '../batching.ts'
import { equalDims, requireFloat, requireRank, sameDType } from '../infer.ts'
import { add } from '../math/add.ts'

/** What FastGelu and BiasGelu share: a bias vector over the last axis that is added first. */

interface Biased<V> {
  readonly x: V
  readonly bias: V | undefined
}

export function inferBiased(where: string, { x, bias }: Biased<TensorType>): TensorType {
  requireFloat(where, x)
  const type = { dtype: x.dtype, shape: x.shape }
  if (!bias) return type
  sameDType(where, x, bias)
  requireRank(where, bias, 1, 'one bias for each element of the last axis')
  const received = `${formatShape(x.shape)} and ${formatShape(bias.shape)}`
  const last = x.shape.at(-1)
  if (last === undefined) throw new ShapeError({ where, expected: 'a tensor with at least one axis', received })
  equalDims(where, last, bias.shape[0] ?? 1, 'a bias as long as the last axis', received)
  return type
}

/** x + bias for a batched bias, which is no vector any more and so cannot be the operator's own. */
export function addBatchedBias(x: Batched, bias: Batched): Value {
  const rank = logicalRank(x)
  return add(padRank(x, rank), padRank(bias, rank))
}
