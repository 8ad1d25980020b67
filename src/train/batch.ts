import type { DType } from '../core/dtype.ts'
import type { Value } from '../graph/value.ts'
import { scalar } from '../ops/constants.ts'
import { add } from '../ops/math/add.ts'
import { cast } from '../ops/math/cast.ts'
import { mul } from '../ops/math/mul.ts'

/** How a batch of inputs comes into a graph: raw elements and what they stand for, value = raw · scale + offset. */
export interface InputFormat {
  readonly dtype: DType
  readonly scale: number
  readonly offset: number
}

/** Raw inputs as the network wants them: pixels are scaled here, in the graph, and stay bytes until then. */
export function decodeInput(raw: Value, format: InputFormat | undefined, wanted: DType): Value {
  let x = cast(raw, { to: wanted })
  if (!format) return x
  if (format.scale !== 1) x = mul(x, scalar(format.scale))
  if (format.offset !== 0) x = add(x, scalar(format.offset))
  return x
}
