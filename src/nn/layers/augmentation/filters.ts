import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { div } from '../../../ops/math/div.ts'
import { exp } from '../../../ops/math/exp.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import { conv } from '../../../ops/nn/conv.ts'
import { reduceSum } from '../../../ops/reduce/reduce-sum.ts'
import { expand } from '../../../ops/shape/expand.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { slice } from '../../../ops/shape/slice.ts'
import type { DataFormat } from '../options.ts'
import { fromEngine, requireChannels, toEngine } from '../spatial.ts'
import { clipped } from './colour.ts'
import type { Range } from './random-layer.ts'

/** From blurred (factor 0) through unchanged (1) to sharpened (2), within the range. */
export function sharpened(where: string, x: Value, factor: Value, range: Range, format: DataFormat): Value {
  const [a, b] = [1 / 13, 5 / 13]
  const smooth = filtered(where, x, constant([a, a, a, a, b, a, a, a, a], [3, 3]), format)
  return clipped(add(x, mul(sub(scalar(1), factor), sub(smooth, x))), range)
}

/**
 * A Gaussian blur. `sigma` [2]: standard deviations along columns and along rows, in pixels. Kernels that are not square are laid out as
 * in Keras, which builds them transposed.
 */
export function blurred(
  where: string,
  x: Value,
  sigma: Value,
  [height, width]: readonly [number, number],
  format: DataFormat,
): Value {
  const first = gaussian(height, slice(sigma, ints([0]), ints([1])))
  const second = gaussian(width, slice(sigma, ints([1]), ints([2])))
  const product = mul(reshape(second, ints([width, 1])), first)
  return filtered(where, x, reshape(product, ints([height, width])), format)
}

/** [size] weights of sum 1. */
function gaussian(size: number, sigma: Value): Value {
  const places = constant(Array.from({ length: size }, (_, i) => i - (size - 1) / 2))
  const distance = div(places, sigma)
  const weights = exp(mul(mul(distance, distance), scalar(-0.5)))
  return div(weights, reduceSum(weights, undefined, { keepdims: 1 }))
}

/** Every channel convolved with one kernel [height, width] of odd sizes, with zeros outside. */
function filtered(where: string, x: Value, kernel: Value, format: DataFormat): Value {
  const channels = requireChannels(where, x, 2, format)
  const [height, width] = kernel.shape.map(Number)
  const [rows, columns] = [((height ?? 1) - 1) / 2, ((width ?? 1) - 1) / 2]
  const each = expand(reshape(kernel, ints([1, 1, height ?? 1, width ?? 1])), ints([channels, 1, 1, 1]))
  const y = conv(toEngine(x, format), each, undefined, { group: channels, pads: [rows, columns, rows, columns] })
  return fromEngine(y, format)
}
