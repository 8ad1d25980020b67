import { ArgumentError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { cast } from '../../../ops/math/cast.ts'
import { squeeze } from '../../../ops/shape/squeeze.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import { finite } from '../../serialized.ts'
import type { SameShape } from '../../shapes/functions.ts'
import { positiveInt } from '../arguments.ts'
import { type CommonOptions, common, type DataFormat, dataFormat } from '../options.ts'
import { type BoxOption, boxOption } from './boxes.ts'
import { clahe } from './clahe.ts'
import { byteRange, stretched, toRange } from './colour.ts'
import { checkSizes } from './data.ts'
import { type AugmentationLayer, dataLayer } from './data-layer.ts'
import { equalized } from './histogram.ts'
import { asFloat, type Images, onImages, requireImages, valueRange } from './random-layer.ts'

/** Layers that spread the values of images over their whole range, and leave nothing to chance. */

export interface AutoContrastOptions extends BoxOption, CommonOptions {
  /** The least and the greatest value of a pixel. Default [0, 255]. */
  readonly valueRange?: readonly number[]
  /** Where the channels are. Default channelsLast. */
  readonly dataFormat?: DataFormat
}

export interface EqualizationOptions extends AutoContrastOptions {
  /** Number of different values to tell apart. Default 256. */
  readonly bins?: number
}

export interface ClaheOptions extends AutoContrastOptions {
  /** What a bin may hold, in multiples of the mean; 0 for no limit. Default 4. */
  readonly clipLimit?: number
  /** How many tiles along rows and columns. Default [8, 8]. */
  readonly tileGridSize?: readonly number[]
}

/** What a layer of this file has in common with those that draw a transformation first. */
export interface FixedAugmentation {
  readonly config: object
  apply(images: Pick<Images, 'x' | 'format'>): Value
}

/**
 * Stretches each channel of each image over the whole range, in inference too. As in Keras, axes 1 and 2 are those of one channel
 * whatever the data format.
 */
export function autoContrast(options: AutoContrastOptions = {}): AugmentationLayer<SameShape> {
  const where = 'autoContrast'
  const { config, apply } = stretching(options)
  return imageLayer('AutoContrast', where, options, config, images =>
    asBatch(where, asFloat(images), x => apply({ x, format: config.dataFormat })),
  )
}

/** Makes the histograms of a batch's channels flat, in training; in inference images stay as they are, as in Keras. */
export function equalization(options: EqualizationOptions = {}): AugmentationLayer<SameShape> {
  const where = 'equalization'
  const { config, apply } = equalizing(options)
  return imageLayer('Equalization', where, options, config, (images, training) =>
    training ? onImages(where, images, config.dataFormat, apply) : asFloat(requireImages(where, images)),
  )
}

/**
 * Zuiderveld, "Contrast Limited Adaptive Histogram Equalization", 1994: flattens the histogram around each pixel, in inference too, and
 * keeps the images' dtype. Sizes but for the batch's have to be known.
 */
export function contrastLimitedAdaptiveHistogramEqualization(options: ClaheOptions = {}): AugmentationLayer<SameShape> {
  const where = 'contrastLimitedAdaptiveHistogramEqualization'
  const { clipLimit = 4, tileGridSize = [8, 8] } = options
  const [rows, columns, ...more] = tileGridSize
  if (rows === undefined || columns === undefined || more.length > 0) {
    throw new ArgumentError({
      where,
      expected: "'tileGridSize' to be two numbers of tiles",
      received: JSON.stringify(tileGridSize),
    })
  }
  const config = {
    valueRange: valueRange(where, options.valueRange),
    clipLimit: finite(where, 'clipLimit', clipLimit),
    tileGridSize: [positiveInt(where, 'tileGridSize', rows), positiveInt(where, 'tileGridSize', columns)],
    dataFormat: dataFormat(where, options.dataFormat),
  }
  const first = config.dataFormat === 'channelsFirst'
  return imageLayer('ContrastLimitedAdaptiveHistogramEqualization', where, options, config, images =>
    asBatch(where, images, given => {
      const x = first ? transpose(given, { perm: [0, 2, 3, 1] }) : given
      const flat = clahe(where, toRange(asFloat(x), config.valueRange, byteRange), config.clipLimit, [rows, columns])
      const y = cast(toRange(flat, byteRange, config.valueRange), { to: images.dtype })
      return first ? transpose(y, { perm: [0, 3, 1, 2] }) : y
    }),
  )
}

export function stretching(options: AutoContrastOptions) {
  const where = 'autoContrast'
  const config = {
    valueRange: valueRange(where, options.valueRange),
    dataFormat: dataFormat(where, options.dataFormat),
  }
  return { config, apply: ({ x }) => stretched(x, config.valueRange) } satisfies FixedAugmentation
}

export function equalizing(options: EqualizationOptions) {
  const where = 'equalization'
  const config = {
    bins: positiveInt(where, 'bins', options.bins ?? 256),
    valueRange: valueRange(where, options.valueRange),
    dataFormat: dataFormat(where, options.dataFormat),
  }
  return {
    config,
    apply: ({ x, format }) => equalized(where, x, config.valueRange, config.bins, format),
  } satisfies FixedAugmentation
}

/** A layer that changes images, and nothing else that there is of them. */
const imageLayer = (
  type: string,
  where: string,
  options: AutoContrastOptions,
  config: { readonly dataFormat: DataFormat },
  change: (images: Value, training: boolean) => Value,
): AugmentationLayer<SameShape> =>
  dataLayer({
    type,
    where,
    ...common(where, options),
    config: { ...config, ...boxOption(where, options) },
    augment(data, { training }) {
      checkSizes(where, data, config.dataFormat)
      return { ...data, images: change(data.images, training) }
    },
  })

/** One image as a batch of one. Sizes need not be known. */
function asBatch(where: string, input: Value, work: (x: Value) => Value): Value {
  if (requireImages(where, input).shape.length === 4) return work(input)
  return squeeze(work(unsqueeze(input, ints([0]))), ints([0]))
}
