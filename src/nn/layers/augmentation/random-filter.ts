import { ArgumentError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { scalar } from '../../../ops/constants.ts'
import { where } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { mul } from '../../../ops/math/mul.ts'
import { clipped } from './colour.ts'
import { blurred, sharpened } from './filters.ts'
import { type Augmentation, chosen, type Factor, factorRange, perImage, randomImageLayer } from './random-layer.ts'
import { type ToneOptions, toneConfig } from './tone.ts'

/** Layers that change every pixel by its neighbours. */

export interface RandomSharpnessOptions extends ToneOptions {
  /** From 0 (blurred) over 0.5 (unchanged) to 1 (sharpened): a range, or f for 0 to f. */
  readonly factor: Factor
}

export interface RandomGaussianBlurOptions extends ToneOptions {
  /** Probability: a range that it is drawn from, or f for 0 to f. Default 1. */
  readonly factor?: Factor
  /** Odd; one size, or height and width. Default 3. */
  readonly kernelSize?: number | readonly number[]
  /** Standard deviation in pixels, from 0 to 1: a range, or s for 0 to s. Drawn once for all images of a batch. Default 1. */
  readonly sigma?: Factor
}

/** Blurs images or makes their edges clearer. */
export const randomSharpness = (options: RandomSharpnessOptions) => randomImageLayer(sharpness(options))

/** Blurs some images. */
export const randomGaussianBlur = (options: RandomGaussianBlurOptions = {}) => randomImageLayer(gaussianBlur(options))

/** Its transformation: from 0 (blurred) to 2, [batch, 1, 1, 1]. */
export function sharpness(options: RandomSharpnessOptions): Augmentation<Value> {
  const name = 'randomSharpness'
  const config = { factor: factorRange(name, 'factor', options.factor, 0), ...toneConfig(name, options) }
  return {
    type: 'RandomSharpness',
    where: name,
    options,
    config,
    draw: (random, { batch }) => mul(random.uniform([batch, 1, 1, 1], ...config.factor), scalar(2)),
    apply: ({ x, format }, factor) => sharpened(name, x, factor, config.valueRange, format),
  }
}

export interface Blurring {
  /** Which images, bool[batch]. */
  readonly blurred: Value
  /** Standard deviations along columns and rows, [2]. */
  readonly sigma: Value
}

export function gaussianBlur(options: RandomGaussianBlurOptions): Augmentation<Blurring> {
  const name = 'randomGaussianBlur'
  const config = {
    factor: factorRange(name, 'factor', options.factor ?? 1, 0),
    kernelSize: oddSizes(name, options.kernelSize ?? 3),
    sigma: factorRange(name, 'sigma', options.sigma ?? 1, 0),
    ...toneConfig(name, options),
  }
  return {
    type: 'RandomGaussianBlur',
    where: name,
    options,
    config,
    draw: (random, { batch }) => ({
      blurred: chosen(random, batch, config.factor),
      sigma: add(random.uniform([2], ...config.sigma), scalar(1e-6)),
    }),
    apply({ x, format }, drawn) {
      const soft = blurred(name, x, drawn.sigma, config.kernelSize, format)
      return clipped(where(perImage(drawn.blurred), soft, x), config.valueRange)
    },
  }
}

function oddSizes(layer: string, given: number | readonly number[]): readonly [number, number] {
  const [height, width, ...more] = typeof given === 'number' ? [given, given] : given
  const odd = (size: number | undefined): size is number =>
    size !== undefined && Number.isSafeInteger(size) && size > 0 && size % 2 === 1
  if (odd(height) && odd(width) && more.length === 0) return [height, width]
  throw new ArgumentError({
    where: layer,
    expected: "'kernelSize' to be an odd number of pixels, or two of them",
    received: JSON.stringify(given),
  })
}
