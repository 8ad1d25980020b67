import { staticShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { gatherElements } from '../../../ops/index/gather-elements.ts'
import { scatterElements } from '../../../ops/index/scatter-elements.ts'
import { greater } from '../../../ops/logic/greater.ts'
import { less } from '../../../ops/logic/less.ts'
import { where } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { cast } from '../../../ops/math/cast.ts'
import { div } from '../../../ops/math/div.ts'
import { max } from '../../../ops/math/max.ts'
import { mul } from '../../../ops/math/mul.ts'
import { round } from '../../../ops/math/round.ts'
import { sub } from '../../../ops/math/sub.ts'
import { cumSum } from '../../../ops/reduce/cum-sum.ts'
import { reduceMin } from '../../../ops/reduce/reduce-min.ts'
import { reduceSum } from '../../../ops/reduce/reduce-sum.ts'
import { expand } from '../../../ops/shape/expand.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import type { DataFormat } from '../options.ts'
import { byteRange, channelAxis, clipped } from './colour.ts'
import type { Range } from './random-layer.ts'

/**
 * Spreads the values of each channel so that their histogram, of `bins` bins, becomes flat. As in Keras the histogram is the whole
 * batch's. Images of known sizes.
 */
export function equalized(name: string, x: Value, range: Range, bins: number, format: DataFormat): Value {
  const axis = channelAxis(format)
  // [channels, all pixels]
  const perm = axis === 3 ? [3, 0, 1, 2] : [1, 0, 2, 3]
  const turned = transpose(linear(x, range, byteRange), { perm })
  const shape = staticShape(turned.shape, name)
  const pixels = reshape(turned, ints([shape[0] ?? 1, -1]))
  const last = scalar(bins - 1)

  const binned = clipped(div(mul(pixels, last), scalar(255)), [0, bins - 1])
  const empty = constant(new Array<number>(bins).fill(0), [1, bins], 'int32')
  const histogram = countedInto(expand(empty, ints([shape[0] ?? 1, 1])), cast(binned, { to: 'int64' }))
  const cumulative = cumSum(histogram, scalar(1, 'int64'))

  const none = scalar(0, 'int32')
  const filled = reduceSum(cast(greater(histogram, none), { to: 'int32' }), ints([1]), { keepdims: 1 })
  const all = slice(cumulative, ints([bins - 1]), ints([bins]), ints([1]))
  const first = reduceMin(where(greater(cumulative, none), cumulative, all), ints([1]), { keepdims: 1 })
  // In whole numbers up to the one division, since its result is rounded.
  const numerator = cast(mul(sub(cumulative, first), scalar(255, 'int32')), { to: 'float32' })
  const denominator = cast(max([sub(all, first), scalar(1, 'int32')]), { to: 'float32' })
  const table = clipped(round(div(numerator, denominator)), byteRange)

  const place = clipped(mul(div(pixels, scalar(255)), last), [0, bins - 1])
  const found = gatherElements(table, cast(place, { to: 'int64' }), { axis: 1 })
  // A channel of one value only has no histogram to flatten.
  const flattened = where(less(filled, scalar(2, 'int32')), pixels, found)
  const back = axis === 3 ? [1, 2, 3, 0] : [1, 0, 2, 3]
  return linear(transpose(reshape(flattened, ints(shape)), { perm: back }), byteRange, range)
}

/** How often each index occurs along the last axis, added to `counts`. */
export function countedInto(counts: Value, indices: Value): Value {
  const ones = add(mul(cast(indices, { to: counts.dtype }), scalarOf(0, counts)), scalarOf(1, counts))
  return scatterElements(counts, indices, ones, { axis: -1, reduction: 'add' })
}

const scalarOf = (value: number, like: Value): Value => cast(scalar(value), { to: like.dtype })

/** From range to range as one multiplication and one addition, which is how Keras does it here. */
function linear(x: Value, [low, high]: Range, [newLow, newHigh]: Range): Value {
  const scale = (newHigh - newLow) / (high - low)
  if (scale === 1 && newLow === low) return x
  return add(mul(x, scalar(scale)), scalar(newLow - low * scale))
}
