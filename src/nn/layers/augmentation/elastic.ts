import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { lessOrEqual } from '../../../ops/logic/less-or-equal.ts'
import { where as choose } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { div } from '../../../ops/math/div.ts'
import { exp } from '../../../ops/math/exp.ts'
import { floor } from '../../../ops/math/floor.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'
import { max } from '../../../ops/math/max.ts'
import { mul } from '../../../ops/math/mul.ts'
import { clip } from '../../../ops/nn/clip.ts'
import { reduceSum } from '../../../ops/reduce/reduce-sum.ts'
import { dataFormat } from '../options.ts'
import { seedOf } from '../seeded.ts'
import {
  type Augmentation,
  type AugmentationOptions,
  chosen,
  type Factor,
  factorRange,
  type Images,
  perImage,
  type Range,
  randomImageLayer,
  valueRange,
} from './random-layer.ts'
import {
  columns,
  mappedCoordinates,
  nearest,
  rows,
  type Sampling,
  type SamplingOptions,
  samplingConfig,
} from './sampling.ts'

export interface RandomElasticTransformOptions extends AugmentationOptions, SamplingOptions {
  /** The probability that an image is changed is drawn from 0 to this, or between two numbers. Default 1. */
  readonly factor?: Factor
  /** How strong and how smooth the distortion is, from 0 to 1: drawn for a batch from 0 to this, or between two numbers. Default 1. */
  readonly scale?: Factor
  /** Values that pixels may have: the result is kept within it. Default [0, 255]. */
  readonly valueRange?: readonly number[]
}

/** How images are distorted. */
export interface Distortion {
  /** bool[batch]. */
  readonly applied: Value
  /** A scalar: strength and smoothness. */
  readonly strength: Value
  /** Standard normal, [batch, height, width] each. */
  readonly horizontal: Value
  readonly vertical: Value
}

/**
 * Simard et al., "Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis", 2003: moves each pixel by noise
 * that is smoothed by a Gaussian. [batch, height, width, channels], as float32.
 */
export const randomElasticTransform = (options: RandomElasticTransformOptions = {}) =>
  randomImageLayer(elastic(options))

/** Its transformation: how images are distorted. */
export function elastic(options: RandomElasticTransformOptions): Augmentation<Distortion> {
  const where = 'randomElasticTransform'
  const factor = factorRange(where, 'factor', options.factor ?? 1, 0)
  const scale = factorRange(where, 'scale', options.scale ?? 1, 0)
  const sampling = samplingConfig(where, options)
  const range = valueRange(where, options.valueRange)
  const config = {
    factor,
    scale,
    ...sampling,
    valueRange: range,
    seed: seedOf(where, options),
    dataFormat: dataFormat(where, options.dataFormat),
  }
  const nothing = scale[1] === 0 || factor[1] === 0
  return {
    type: 'RandomElasticTransform',
    where,
    options,
    config,
    draw: (random, { batch, height, width }): Distortion => ({
      applied: chosen(random, batch, factor),
      strength: random.uniform([], ...scale),
      horizontal: random.normal([batch, height, width]),
      vertical: random.normal([batch, height, width]),
    }),
    apply: (images, distortion) => (nothing ? images.x : distorted(images, distortion, sampling, range, scale[1])),
    // Kept within the range of values too, as in Keras.
    masks: (masks, distortion) =>
      nothing ? masks.x : distorted(masks, distortion, nearest(sampling), range, scale[1]),
    refuses: 'what is distorted is a box no more',
  }
}

/** Images as the distortion leaves them, within the range of values; `strongest` is the most that its strength can be. */
export function distorted(
  images: Images,
  { applied, strength, horizontal, vertical }: Distortion,
  sampling: Sampling,
  [low, high]: Range,
  strongest: number,
): Value {
  const { width, height } = images
  const shorter = scalar(Math.min(height, width))
  const deviation = mul(shorter, mul(scalar(0.05), strength))
  const reach = mul(scalar(Math.max(height, width)), mul(scalar(0.1), strength))
  const widest = 3 * Math.ceil(Math.min(height, width) * 0.05 * strongest)
  const across = smoothing(width, deviation, widest)
  const down = smoothing(height, deviation, widest)
  const moved = (noise: Value) => mul(reach, matMul(matMul(down, mul(noise, deviation)), across))
  const places = { x: add(columns(images), moved(horizontal)), y: add(rows(images), moved(vertical)) }
  const pixels = choose(perImage(applied), mappedCoordinates(images, places, sampling), images.x)
  return clip(pixels, scalar(low), scalar(high))
}

/**
 * [size, size]: a Gaussian of this deviation along an axis, as a matrix, since its width is known only when the graph runs. It is cut
 * off at three times the deviation's whole part, at most at `widest`, and what it would take from beyond the borders is 0.
 */
function smoothing(size: number, deviation: Value, widest: number): Value {
  const radius = mul(floor(deviation), scalar(3))
  const width = max([deviation, scalar(1e-20)])
  const weights = (distances: readonly number[], shape: readonly number[]) => {
    const distance = constant(distances, shape)
    const ratio = div(distance, width)
    return choose(lessOrEqual(distance, radius), exp(mul(mul(ratio, ratio), scalar(-0.5))), scalar(0))
  }
  const band = Array.from({ length: size * size }, (_, i) => Math.abs((i % size) - Math.floor(i / size)))
  const window = Array.from({ length: 2 * widest + 1 }, (_, i) => Math.abs(i - widest))
  const total = reduceSum(weights(window, [window.length]), ints([0]), { keepdims: 0 })
  return div(weights(band, [size, size]), total)
}
