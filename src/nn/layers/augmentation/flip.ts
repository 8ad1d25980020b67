import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { lessOrEqual } from '../../../ops/logic/less-or-equal.ts'
import { where as choose } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { matMul } from '../../../ops/math/mat-mul.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { oneOf } from '../arguments.ts'
import { dataFormat } from '../options.ts'
import { seedOf } from '../seeded.ts'
import {
  type Augmentation,
  type AugmentationOptions,
  type Draws,
  type Images,
  perImage,
  randomImageLayer,
} from './random-layer.ts'

const modes = ['horizontal', 'vertical', 'horizontalAndVertical'] as const
type FlipMode = (typeof modes)[number]

export interface RandomFlipOptions extends AugmentationOptions {
  /** Left and right change places, or top and bottom, or both at once. Default horizontalAndVertical. */
  readonly mode?: FlipMode
}

/**
 * Flips every other image, at random: [batch, height, width, channels] of any values, as float32. As in Keras, `horizontalAndVertical`
 * flips an image along both axes or along none. In inference images stay as they are.
 */
export const randomFlip = (options: RandomFlipOptions = {}) => randomImageLayer(flipping(options))

/** Its transformation: which images are flipped, bool[batch]. */
export function flipping(options: RandomFlipOptions): Augmentation<Value> {
  const where = 'randomFlip'
  const mode = oneOf(where, 'mode', options.mode ?? 'horizontalAndVertical', modes)
  return {
    type: 'RandomFlip',
    where,
    options,
    config: { mode, seed: seedOf(where, options), dataFormat: dataFormat(where, options.dataFormat) },
    draw: drawFlips,
    apply: (images, flips) => flipped(images, flips, mode),
    masks: (masks, flips) => flipped(masks, flips, mode),
    boxes: (boxes, flips, images) => flippedBoxes(boxes, images, flips, mode),
  }
}

/** Which images are flipped, bool[batch]. */
const drawFlips = (random: Draws, { batch }: Images): Value => lessOrEqual(random.uniform([batch]), scalar(0.5))

/** The images that `flips` (bool[batch]) chooses, flipped. */
export function flipped({ x, format }: Images, flips: Value, mode: FlipMode): Value {
  const first = format === 'channelsLast' ? 1 : 2
  const axes = mode === 'horizontal' ? [first + 1] : mode === 'vertical' ? [first] : [first, first + 1]
  const all = (value: number) => ints(axes.map(() => value))
  // Backwards from the last element to the first: the end of a slice is not part of it, and −1 would be the last.
  const turned = slice(x, all(-1), all(Number.MIN_SAFE_INTEGER), ints(axes), all(-1))
  return choose(perImage(flips), turned, x)
}

/** Left and right become width − right and width − left, top and bottom alike. */
function flippedBoxes(boxes: Value, { width, height }: Images, flips: Value, mode: FlipMode): Value {
  const [across, down] = [mode !== 'vertical', mode !== 'horizontal']
  const turned = [2, 3, 0, 1].flatMap((from, to) => {
    const axis = to % 2 === 0 ? across : down
    return [0, 1, 2, 3].map(i => (axis ? -Number(i === from) : Number(i === to)))
  })
  const border = [width, height, width, height].map((size, i) => ((i % 2 === 0 ? across : down) ? size : 0))
  const moved = add(matMul(boxes, constant(turned, [4, 4])), constant(border))
  return choose(reshape(flips, ints([-1, 1, 1])), moved, boxes)
}
