import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { gather } from '../../../ops/index/gather.ts'
import { cast } from '../../../ops/math/cast.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { oneOf, positiveInt } from '../arguments.ts'
import { common, dataFormat } from '../options.ts'
import { seededKey, seedOf } from '../seeded.ts'
import { boxOption } from './boxes.ts'
import { inBatches } from './data.ts'
import { type AugmentationLayer, dataLayer } from './data-layer.ts'
import { integers } from './draws.ts'
import { changed, policyLayers } from './policy.ts'
import {
  type AugmentationOptions,
  asFloat,
  drawsFrom,
  type Factor,
  factorRange,
  imagesOf,
  unchanged,
  valueRange,
} from './random-layer.ts'
import { interpolations } from './sampling.ts'

export interface PolicyOptions extends AugmentationOptions {
  /** The least and the greatest value of a pixel. Default [0, 255]. */
  readonly valueRange?: readonly number[]
  /** How much images change, from 0 to 1: a range, or f for 0 to f. */
  readonly factor?: Factor
  /** How pixels between pixels are found. Default bilinear. */
  readonly interpolation?: 'nearest' | 'bilinear'
}

export interface RandAugmentOptions extends PolicyOptions {
  /** How many changes one after the other. Default 2. */
  readonly numOps?: number
}

/**
 * Cubuk et al., "RandAugment", 2019: in training, every batch goes through `numOps` layers chosen at random among shearing, shifting,
 * turning, brightness, colour, contrast, sharpness, posterization, solarization, auto-contrast and equalization. `factor` is 0.5 by
 * default. Only the chosen ones are computed. Boxes and masks go through the same layers in the same order (Keras 3.15 takes boxes
 * through them in the order of this list).
 */
export function randAugment(options: RandAugmentOptions = {}): AugmentationLayer<SameShape> {
  const where = 'randAugment'
  const config = { ...policyConfig(where, options, 0.5), numOps: positiveInt(where, 'numOps', options.numOps ?? 2) }
  const layers = Object.values(policyLayers(config))
  return dataLayer({
    type: 'RandAugment',
    where,
    ...common(where, options),
    config,
    augment(data, scope) {
      if (!scope.training) return unchanged(where, data, config.dataFormat)
      const key = seededKey(scope, config.seed)
      const drawn = indices(integers(drawsFrom(key), [config.numOps], 0, layers.length), config.numOps)
      return inBatches(where, data, config.dataFormat, batch => {
        const { x } = imagesOf(where, asFloat(batch.images), config.dataFormat)
        // A layer that is chosen twice does the same twice, as in Keras.
        return drawn.reduce((before, index) => changed(before, index, layers, key, scope), { ...batch, images: x })
      })
    },
  })
}

export const policyConfig = (where: string, options: PolicyOptions, factor: number) => ({
  factor: factorRange(where, 'factor', options.factor ?? factor, 0),
  valueRange: valueRange(where, options.valueRange),
  interpolation: oneOf(where, 'interpolation', options.interpolation ?? 'bilinear', interpolations),
  seed: seedOf(where, options),
  dataFormat: dataFormat(where, options.dataFormat),
  ...boxOption(where, options),
})

/** The elements of a list of `count` numbers, as int64 scalars. */
function indices(drawn: Value, count: number): Value[] {
  const whole = cast(drawn, { to: 'int64' })
  return Array.from({ length: count }, (_, i) => reshape(gather(whole, ints([i]), { axis: 0 }), ints([])))
}
