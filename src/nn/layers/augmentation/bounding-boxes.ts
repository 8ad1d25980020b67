import { ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { pad } from '../../../ops/shape/pad.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { finite } from '../../serialized.ts'
import type { BoxesShape } from '../../shapes/signals.ts'
import { positiveInt } from '../arguments.ts'
import { type CommonOptions, common } from '../options.ts'
import { type BoxOption, boxOption } from './boxes.ts'
import { inBatches } from './data.ts'
import { type AugmentationLayer, dataLayer } from './data-layer.ts'

export interface MaxNumBoundingBoxesOptions extends BoxOption, CommonOptions {
  /** How many boxes an image has afterwards. */
  readonly maxNumber: number
  /** What places without a box are filled with, in labels too. Default −1. */
  readonly fillValue?: number
}

/**
 * Cuts off or fills up boxes so that all images have as many: boxes [batch, n, 4] → [batch, maxNumber, 4], and their labels. It takes
 * a dictionary of images and boxes, as in Keras, or boxes, or `[boxes, labels]`.
 */
export function maxNumBoundingBoxes<const N extends number>(
  options: MaxNumBoundingBoxesOptions & { readonly maxNumber: N },
): AugmentationLayer<BoxesShape<N>> {
  const where = 'maxNumBoundingBoxes'
  const maxNumber = positiveInt(where, 'maxNumber', options.maxNumber)
  const fillValue = Math.trunc(finite(where, 'fillValue', options.fillValue ?? -1))
  const fitted = (value: Value) => exactly(value, maxNumber, fillValue)
  return dataLayer({
    type: 'MaxNumBoundingBoxes',
    where,
    ...common(where, options),
    config: { maxNumber, fillValue, ...boxOption(where, options) },
    plain([first, labels, ...more]) {
      const { shape } = first
      if (!labels && shape.length === 4) return first
      const boxes = shape.length === 3 && shape[2] === 4
      const labelled = !labels || (labels.shape.length === 2 && labels.shape[1] === shape[1])
      if (!boxes || !labelled || typeof shape[1] !== 'number' || more.length > 0) {
        throw new ShapeError({
          where,
          expected: 'boxes of shape [batch, n, 4], and labels of shape [batch, n] with them, or images',
          received: `shape ${[first, ...(labels ? [labels] : []), ...more].map(value => formatShape(value.shape)).join(' and ')}`,
        })
      }
      return labels ? [fitted(first), fitted(labels)] : fitted(first)
    },
    augment: data =>
      inBatches(where, data, 'channelsLast', batch => {
        const { boundingBoxes } = batch
        if (!boundingBoxes) return batch
        return { ...batch, boundingBoxes: { boxes: fitted(boundingBoxes.boxes), labels: fitted(boundingBoxes.labels) } }
      }),
  })
}

/** So many elements along the second axis. */
function exactly(value: Value, count: number, fill: number): Value {
  const { shape } = value
  const missing = count - Number(shape[1])
  if (missing <= 0) return missing === 0 ? value : slice(value, ints([0]), ints([count]), ints([1]))
  const before = shape.map(() => 0)
  return pad(value, ints([...before, ...shape.map((_, axis) => (axis === 1 ? missing : 0))]), scalarLike(fill, value))
}
