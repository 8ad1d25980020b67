import { ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { pad } from '../../../ops/shape/pad.ts'
import { slice } from '../../../ops/shape/slice.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { finite } from '../../serialized.ts'
import type { BoxesShape } from '../../shapes/signals.ts'
import { positiveInt } from '../arguments.ts'
import { type CommonOptions, common } from '../options.ts'

export interface MaxNumBoundingBoxesOptions extends CommonOptions {
  /** How many boxes an image has afterwards. */
  readonly maxNumber: number
  /** What places without a box are filled with, in labels too. Default −1. */
  readonly fillValue?: number
}

/**
 * Cuts off or fills up boxes so that all images have as many: boxes [batch, n, 4] → [batch, maxNumber, 4]; of boxes and labels
 * [batch, n] it makes both. Images, [batch, height, width, channels], go through as they are, as in Keras, where this layer
 * otherwise takes boxes from a dictionary.
 */
export function maxNumBoundingBoxes<const N extends number>(
  options: MaxNumBoundingBoxesOptions & { readonly maxNumber: N },
): Layer<BoxesShape<N>> {
  const where = 'maxNumBoundingBoxes'
  const maxNumber = positiveInt(where, 'maxNumber', options.maxNumber)
  const fillValue = Math.trunc(finite(where, 'fillValue', options.fillValue ?? -1))
  return makeLayer({
    type: 'MaxNumBoundingBoxes',
    ...common(where, options),
    config: { maxNumber, fillValue },
    arity: { min: 1, max: 2 },
    call([first, labels]) {
      const { shape } = first
      if (!labels && shape.length === 4) return first
      const boxes = shape.length === 3 && shape[2] === 4
      const labelled = !labels || (labels.shape.length === 2 && labels.shape[1] === shape[1])
      if (!boxes || !labelled || typeof shape[1] !== 'number') {
        throw new ShapeError({
          where,
          expected: 'boxes of shape [batch, n, 4], and labels of shape [batch, n] with them, or images',
          received: `shape ${[first, ...(labels ? [labels] : [])].map(value => formatShape(value.shape)).join(' and ')}`,
        })
      }
      const fitted = (value: Value) => exactly(value, maxNumber, fillValue)
      return labels ? [fitted(first), fitted(labels)] : fitted(first)
    },
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
