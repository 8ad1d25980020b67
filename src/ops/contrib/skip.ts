import { ShapeError } from '../../core/errors.ts'
import { formatShape, sameShape } from '../../core/shape.ts'
import type { TensorType } from '../../graph/value.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { requirePerChannel } from '../nn/channels.ts'

/** What the fused residual normalisations share. */

/** Types of the normalised sum and of the sum itself. */
export function skipTypes(
  where: string,
  x: TensorType,
  skip: TensorType,
  vectors: Readonly<Record<string, TensorType | undefined>>,
  outputCount: number,
) {
  requireFloat(where, x)
  if (!sameShape(x.shape, skip.shape)) {
    throw new ShapeError({
      where,
      expected: `a residual of the input's shape, ${formatShape(x.shape)}`,
      received: formatShape(skip.shape),
    })
  }
  for (const [name, vector] of Object.entries(vectors)) requirePerChannel(where, name, vector, x.shape.at(-1) ?? 0)
  const dtype = sameDType(where, x, skip)
  const statistics: TensorType = { dtype: 'float32', shape: [...x.shape.slice(0, -1), 1] }
  const given = (i: number, type: TensorType) => (i < outputCount ? type : undefined)
  const sum = { dtype, shape: x.shape }
  return { y: sum, mean: given(1, statistics), invStdDev: given(2, statistics), sum: given(3, sum) }
}
