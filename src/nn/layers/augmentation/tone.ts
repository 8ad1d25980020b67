import type { Value } from '../../../graph/value.ts'
import { scalar } from '../../../ops/constants.ts'
import { where } from '../../../ops/logic/where.ts'
import { cast } from '../../../ops/math/cast.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import { dataFormat } from '../options.ts'
import { seedOf } from '../seeded.ts'
import { brightened, contrasted, posterized, solarized } from './colour.ts'
import { integers } from './draws.ts'
import {
  type Augmentation,
  type AugmentationOptions,
  chosen,
  type Factor,
  factorRange,
  perImage,
  randomImageLayer,
  valueRange,
} from './random-layer.ts'

/** Layers that change every pixel by itself, or by its channel's mean. */

export interface ToneOptions extends AugmentationOptions {
  /** The least and the greatest value of a pixel. Default [0, 255]. */
  readonly valueRange?: readonly number[]
}

export interface RandomBrightnessOptions extends ToneOptions {
  /** From −1 (black) to 1 (white): a range, or f for −f to f. */
  readonly factor: Factor
}

export interface RandomContrastOptions extends ToneOptions {
  /** From 0 to 1. A range [a, b] scales differences from the mean by 1 − a to 1 + b; f is the range [0, f]. */
  readonly factor: Factor
}

export interface RandomInvertOptions extends ToneOptions {
  /** Probability: a range that it is drawn from, or f for 0 to f. Default 1. */
  readonly factor?: Factor
}

export interface RandomPosterizationOptions extends ToneOptions {
  /** Bits to keep, from 1 to 8: a range, its upper end excluded unless it is also the lower one; or b for 1 to b. */
  readonly factor: Factor
}

export interface SolarizationOptions extends ToneOptions {
  /** Share of the range to add first: at most this, or a range. Default 0. */
  readonly additionFactor?: Factor
  /** Share of the range below which pixels stay: at most this, or a range. Default 0. */
  readonly thresholdFactor?: Factor
}

/** What every layer here has in its config, checked. */
export const toneConfig = (where: string, options: ToneOptions) => ({
  valueRange: valueRange(where, options.valueRange),
  seed: seedOf(where, options),
  dataFormat: dataFormat(where, options.dataFormat),
})

/** Adds a number to all pixels of an image, within the range. */
export const randomBrightness = (options: RandomBrightnessOptions) => randomImageLayer(brightness(options))

/** Draws differences from the mean of each channel closer or wider, within the range. */
export const randomContrast = (options: RandomContrastOptions) => randomImageLayer(contrast(options))

/** Turns some images into their negatives: the greatest value minus the pixel. */
export const randomInvert = (options: RandomInvertOptions = {}) => randomImageLayer(inversion(options))

/** Fewer bits for each pixel. */
export const randomPosterization = (options: RandomPosterizationOptions) => randomImageLayer(posterization(options))

/** Inverts pixels from a threshold on: all of them by default. In training, as the others. */
export const solarization = (options: SolarizationOptions = {}) => randomImageLayer(solarizing(options))

/** Its transformation: what is added, [batch, 1, 1, 1]. */
export function brightness(options: RandomBrightnessOptions): Augmentation<Value> {
  const where = 'randomBrightness'
  const config = { factor: factorRange(where, 'factor', options.factor), ...toneConfig(where, options) }
  const { factor, valueRange: range } = config
  return {
    type: 'RandomBrightness',
    where,
    options,
    config,
    draw: (random, { batch }) => mul(random.uniform([batch, 1, 1, 1], ...factor), scalar(range[1] - range[0])),
    apply: ({ x }, delta) => brightened(x, delta, range),
  }
}

/** Its transformation: what differences from the mean are multiplied by, [batch, 1, 1, 1]. */
export function contrast(options: RandomContrastOptions): Augmentation<Value> {
  const where = 'randomContrast'
  const config = { factor: factorRange(where, 'factor', options.factor, 0), ...toneConfig(where, options) }
  const [less, more] = config.factor
  return {
    type: 'RandomContrast',
    where,
    options,
    config,
    draw: (random, { batch }) => random.uniform([batch, 1, 1, 1], 1 - less, 1 + more),
    apply: ({ x, format }, factor) => contrasted(x, factor, config.valueRange, format),
  }
}

/** Its transformation: which images to invert, bool[batch]. */
export function inversion(options: RandomInvertOptions): Augmentation<Value> {
  const name = 'randomInvert'
  const config = { factor: factorRange(name, 'factor', options.factor ?? 1, 0), ...toneConfig(name, options) }
  return {
    type: 'RandomInvert',
    where: name,
    options,
    config,
    draw: (random, { batch }) => chosen(random, batch, config.factor),
    apply: ({ x }, inverted) => where(perImage(inverted), sub(scalar(config.valueRange[1]), x), x),
  }
}

/** Its transformation: how many bits to drop, uint8[batch, 1, 1, 1]. */
export function posterization(options: RandomPosterizationOptions): Augmentation<Value> {
  const where = 'randomPosterization'
  const config = { factor: factorRange(where, 'factor', options.factor, 1, 8), ...toneConfig(where, options) }
  const [low, high] = config.factor.map(Math.trunc)
  return {
    type: 'RandomPosterization',
    where,
    options,
    config,
    draw(random, { batch }) {
      const kept = integers(random, [batch, 1, 1, 1], low ?? 1, Math.max(high ?? 1, (low ?? 1) + 1))
      return cast(sub(scalar(8), kept), { to: 'uint8' })
    },
    apply: ({ x }, places) => posterized(x, places, config.valueRange),
  }
}

/** What is added, and the threshold, on the scale of bytes, [batch, 1, 1, 1] each. */
export interface Solarizing {
  readonly additions: Value
  readonly thresholds: Value
}

export function solarizing(options: SolarizationOptions): Augmentation<Solarizing> {
  const where = 'solarization'
  const config = {
    additionFactor: share(where, 'additionFactor', options.additionFactor ?? 0),
    thresholdFactor: share(where, 'thresholdFactor', options.thresholdFactor ?? 0),
    ...toneConfig(where, options),
  }
  return {
    type: 'Solarization',
    where,
    options,
    config,
    draw(random, { batch }) {
      // Only the upper bounds are shares of the range, as in Keras.
      const upTo = ([low, high]: readonly [number, number]) => random.uniform([batch, 1, 1, 1], low, high * 255)
      return { additions: upTo(config.additionFactor), thresholds: upTo(config.thresholdFactor) }
    },
    apply: ({ x }, { additions, thresholds }) => solarized(x, additions, thresholds, config.valueRange),
  }
}

/** `0.3` → [0, 0.3]. */
const share = (where: string, name: string, factor: Factor) => factorRange(where, name, factor, 0)
