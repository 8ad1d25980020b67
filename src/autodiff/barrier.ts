import { sizeOf, staticShape } from '../core/shape.ts'
import type { Value } from '../graph/value.ts'
import { ensureBatched } from '../ops/batching.ts'
import { ints, scalarLike } from '../ops/constants.ts'
import { defineOp, type Op, zeroGradient } from '../ops/define.ts'
import { greater } from '../ops/logic/greater.ts'
import { add } from '../ops/math/add.ts'
import { cast } from '../ops/math/cast.ts'
import { mul } from '../ops/math/mul.ts'
import { sub } from '../ops/math/sub.ts'
import { concat } from '../ops/shape/concat.ts'
import { reshape } from '../ops/shape/reshape.ts'
import { slice } from '../ops/shape/slice.ts'
import { squeeze } from '../ops/shape/squeeze.ts'

/**
 * `x` itself, but not before `trigger` has been computed. The runtime has no barrier, so a data dependency stands in for it:
 * a Reshape (which moves no data) to a shape that is `x`'s own plus a zero computed from one element of `trigger`.
 */
export function waitFor(x: Value, trigger: Value): Value {
  const shape = staticShape(x.shape, 'remat')
  // What is empty takes no memory, and has no element to wait for.
  if (sizeOf(shape) === 0 || sizeOf(staticShape(trigger.shape, 'remat')) === 0) return x
  const flat = reshape(trigger, ints([-1]))
  const first = slice(flat, ints([0]), ints([1]))
  const bit = cast(greater(first, scalarLike(0, first)), { to: 'int64' }) // [1]: 0 or 1
  const zero = sub(mul(bit, bit), bit) // b² − b = 0, which no constant folder sees
  return barrier(x, shape.length === 0 ? slice(zero, ints([0]), ints([0])) : add(zero, ints(shape)))
}

/** A Reshape that is known to keep the shape, although the runtime cannot know. Outside of the table: no model is decoded to it. */
const barrier: Op<['x', 'shape']> = defineOp({
  type: 'Reshape',
  since: 21,
  inputs: ['x', 'shape'],
  infer: ({ x }) => x.type,
  vjp: (_, _y, dy) => ({ x: dy, shape: zeroGradient('it does not depend on the trigger') }),
  batch: ({ x, shape }, { size, call, attributes }) => {
    // Every entry of a batch says the same shape: the first one is enough, and orders the whole batch.
    const own = shape.batched ? squeeze(slice(shape.value, ints([0]), ints([1]), ints([0])), ints([0])) : shape.value
    if (x.batched) return call({ x: x.value, shape: concat([ints([size]), own], { axis: 0 }) }, attributes)
    // One for the whole batch waits, and is repeated for each entry: the result of a rule has a batch axis.
    return ensureBatched({ value: call({ x: x.value, shape: own }, attributes), batched: false }, size)
  },
  samples: [],
})
