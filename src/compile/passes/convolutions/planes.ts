import { staticShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import type { StaticWindowAxis } from '../../../ops/nn/conv-shape.ts'
import { reshape } from '../../../ops/shape/reshape.ts'

/** Signals [N, C, L] as images [N, C, 1, L]: the engine's blocked kernels know two spatial axes. */
export const asPlane = (x: Value): Value => {
  const [n = 0, c = 0, ...spatial] = staticShape(x.shape, 'convolution')
  return spatial.length === 1 ? reshape(x, ints([n, c, 1, ...spatial])) : x
}

/** Images of one row as signals again, where `rank` is 3. */
export const fromPlane = (x: Value, rank: number): Value => {
  const [n = 0, c = 0, , last = 0] = staticShape(x.shape, 'convolution')
  return rank === 3 ? reshape(x, ints([n, c, last])) : x
}

const still: StaticWindowAxis = {
  kernel: 1,
  stride: 1,
  dilation: 1,
  extent: 1,
  before: 0,
  after: 0,
  input: 1,
  output: 1,
}

/** The windows' rows and columns; `undefined` for volumes. */
export function planeAxes(
  axes: readonly StaticWindowAxis[],
): readonly [StaticWindowAxis, StaticWindowAxis] | undefined {
  const [first, second] = axes
  if (!first || axes.length > 2) return undefined
  return second ? [first, second] : [still, first]
}
