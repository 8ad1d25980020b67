import type { Value } from '../../../graph/value.ts'
import { constant, scalar } from '../../../ops/constants.ts'
import { greater } from '../../../ops/logic/greater.ts'
import { less } from '../../../ops/logic/less.ts'
import { where } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { div } from '../../../ops/math/div.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import { dataFormat } from '../options.ts'
import { seedOf } from '../seeded.ts'
import { degenerated, greyscale, hueTurned, saturated } from './colour.ts'
import {
  type Augmentation,
  type AugmentationOptions,
  type Factor,
  factorRange,
  perImage,
  randomImageLayer,
} from './random-layer.ts'
import { brightness, contrast, type ToneOptions, toneConfig } from './tone.ts'

/** Layers that change the colours of red, green and blue images. */

export interface RandomSaturationOptions extends ToneOptions {
  /** From 0 (grey) over 0.5 (unchanged) to 1: a range, or, as in Keras, f for −f to f, where what is below 0 gives grey. */
  readonly factor: Factor
}

export interface RandomHueOptions extends ToneOptions {
  /** From 0 to 1, half a turn in either direction: a range, or f for 0 to f. */
  readonly factor: Factor
}

export interface RandomColorDegenerationOptions extends ToneOptions {
  /** From 0 (unchanged) to 1 (grey): a range, or, as in Keras, f for −f to f, where what is below 0 leads away from grey. */
  readonly factor: Factor
}

export interface RandomGrayscaleOptions extends AugmentationOptions {
  /** Probability, from 0 to 1. Default 0.5. */
  readonly factor?: number
}

export interface RandomColorJitterOptions extends ToneOptions {
  /** As `factor` of randomBrightness; null leaves the brightness as it is, which is the default. */
  readonly brightnessFactor?: Factor | null
  /** As `factor` of randomContrast. Default null. */
  readonly contrastFactor?: Factor | null
  /** As `factor` of randomSaturation. Default null. */
  readonly saturationFactor?: Factor | null
  /** As `factor` of randomHue. Default null. */
  readonly hueFactor?: Factor | null
}

/** Makes colours paler or stronger. */
export const randomSaturation = (options: RandomSaturationOptions) => randomImageLayer(saturation(options))

/** Turns the circle of colours. */
export const randomHue = (options: RandomHueOptions) => randomImageLayer(hue(options))

/** Mixes images with their grey versions. */
export const randomColorDegeneration = (options: RandomColorDegenerationOptions) =>
  randomImageLayer(degeneration(options))

/** Turns some images grey; they keep their three channels. */
export const randomGrayscale = (options: RandomGrayscaleOptions = {}) => randomImageLayer(grey(options))

/** Brightness, contrast, saturation and hue, in this order, each by a random amount. */
export const randomColorJitter = (options: RandomColorJitterOptions = {}) => randomImageLayer(jitter(options))

/** Its transformation: what saturations are multiplied by, [batch, 1, 1, 1]. */
export function saturation(options: RandomSaturationOptions): Augmentation<Value> {
  const name = 'randomSaturation'
  const config = { factor: factorRange(name, 'factor', options.factor), ...toneConfig(name, options) }
  return {
    type: 'RandomSaturation',
    where: name,
    options,
    config,
    draw(random, { batch }) {
      const factor = random.uniform([batch, 1, 1, 1], ...config.factor)
      return div(factor, add(sub(scalar(1), factor), scalar(1e-7)))
    },
    apply: ({ x, format }, factor) => saturated(name, x, factor, config.valueRange, format),
  }
}

/** Its transformation: shares of the circle, [batch, 1, 1, 1]. */
export function hue(options: RandomHueOptions): Augmentation<Value> {
  const name = 'randomHue'
  const config = { factor: factorRange(name, 'factor', options.factor, 0), ...toneConfig(name, options) }
  return {
    type: 'RandomHue',
    where: name,
    options,
    config,
    draw(random, { batch }) {
      const shape = [batch, 1, 1, 1]
      const half = where(greater(random.uniform(shape), scalar(0.5)), scalar(-0.5), scalar(0.5))
      return mul(random.uniform(shape, ...config.factor), half)
    },
    apply: ({ x, format }, turn) => hueTurned(name, x, turn, config.valueRange, format),
  }
}

/** Its transformation: the share of grey, [batch, 1, 1, 1]. */
export function degeneration(options: RandomColorDegenerationOptions): Augmentation<Value> {
  const name = 'randomColorDegeneration'
  const config = { factor: factorRange(name, 'factor', options.factor), ...toneConfig(name, options) }
  return {
    type: 'RandomColorDegeneration',
    where: name,
    options,
    config,
    draw: (random, { batch }) => random.uniform([batch, 1, 1, 1], ...config.factor),
    apply: ({ x, format }, factor) => degenerated(name, x, factor, config.valueRange, format),
  }
}

/** Its transformation: which images turn grey, bool[batch]. */
export function grey(options: RandomGrayscaleOptions): Augmentation<Value> {
  const name = 'randomGrayscale'
  const [, factor] = factorRange(name, 'factor', options.factor ?? 0.5, 0)
  const config = { factor, seed: seedOf(name, options), dataFormat: dataFormat(name, options.dataFormat) }
  return {
    type: 'RandomGrayscale',
    where: name,
    options,
    config,
    draw: (random, { batch }) => less(random.uniform([batch]), scalar(factor)),
    apply: ({ x, format }, chosen) => where(perImage(chosen), greyscale(name, x, format), x),
  }
}

/** Its transformation: that of each part it has, in order. */
export function jitter(options: RandomColorJitterOptions): Augmentation<readonly Value[]> {
  const name = 'randomColorJitter'
  const { brightnessFactor = null, contrastFactor = null, saturationFactor = null, hueFactor = null } = options
  const config = { brightnessFactor, contrastFactor, saturationFactor, hueFactor, ...toneConfig(name, options) }
  const part = (factor: Factor | null, make: (options: ToneOptions & { factor: Factor }) => Augmentation<Value>) =>
    factor === null ? [] : [make({ factor, valueRange: config.valueRange })]
  const parts = [
    ...part(brightnessFactor, brightness),
    ...part(contrastFactor, contrast),
    ...part(saturationFactor, saturation),
    ...part(hueFactor, hue),
  ]
  return {
    type: 'RandomColorJitter',
    where: name,
    options,
    config,
    draw: (random, images) => parts.map(({ draw }) => draw(random, images)),
    apply: (images, drawn) =>
      parts.reduce((x, { apply }, i) => apply({ ...images, x }, drawn[i] ?? constant([0])), images.x),
  }
}
