import { ShapeError } from '../../../core/errors.ts'
import type { Value } from '../../../graph/value.ts'
import { constant, ints, scalar } from '../../../ops/constants.ts'
import { equal } from '../../../ops/logic/equal.ts'
import { where as choose } from '../../../ops/logic/where.ts'
import { add } from '../../../ops/math/add.ts'
import { div } from '../../../ops/math/div.ts'
import { mul } from '../../../ops/math/mul.ts'
import { sub } from '../../../ops/math/sub.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { slice } from '../../../ops/shape/slice.ts'
import { around, cornersOf } from '../../bounding-boxes/geometry.ts'
import { finite } from '../../serialized.ts'
import { oneOf } from '../arguments.ts'
import { dataFormat } from '../options.ts'
import { seedOf } from '../seeded.ts'
import {
  type Augmentation,
  type AugmentationOptions,
  chosen,
  type Draws,
  type Factor,
  factorRange,
  type Images,
  perImage,
  type Range,
  randomImageLayer,
  within,
} from './random-layer.ts'
import { columns, interpolations, nearest, rows, type Sampling, type SamplingOptions, sampled } from './sampling.ts'

export interface RandomPerspectiveOptions extends AugmentationOptions, Omit<SamplingOptions, 'fillMode'> {
  /** The probability that an image is changed is drawn from 0 to this, or between two numbers. Default 1. */
  readonly factor?: Factor
  /** How far corners may move: by up to half of this, in parts of the image. From 0 to 1. Default 1. */
  readonly scale?: number
}

/** Which images are seen from another side, and from where. */
export interface Perspective {
  /** bool[batch]. */
  readonly applied: Value
  /**
   * By which part of the image's size each corner moves, [batch, 4, 2]: top left (which has nowhere to go), top right, bottom left,
   * bottom right; x and y of each.
   */
  readonly corners: Value
}

/** Looks at images from another side, at random: [batch, height, width, channels], as float32. */
export const randomPerspective = (options: RandomPerspectiveOptions = {}) => randomImageLayer(perspective(options))

/** Its transformation: which images are seen from another side, and from where. */
export function perspective(options: RandomPerspectiveOptions): Augmentation<Perspective> {
  const where = 'randomPerspective'
  const factor = factorRange(where, 'factor', options.factor ?? 1, 0)
  const scale = within(where, 'scale', options.scale ?? 1, 0, 1)
  const how = {
    interpolation: oneOf(where, 'interpolation', options.interpolation ?? 'bilinear', interpolations),
    fillValue: finite(where, 'fillValue', options.fillValue ?? 0),
  }
  return {
    type: 'RandomPerspective',
    where,
    options,
    config: { factor, scale, ...how, seed: seedOf(where, options), dataFormat: dataFormat(where, options.dataFormat) },
    draw: (random, { batch }) => drawPerspective(random, batch, factor, scale),
    apply: (images, perspective) => seenFrom(images, perspective, { ...how, fillMode: 'constant' }),
    masks: (masks, perspective) => seenFrom(masks, perspective, nearest({ ...how, fillMode: 'constant' })),
    boxes: seenBoxes,
  }
}

const drawPerspective = (random: Draws, batch: number, factor: Range, scale: number): Perspective => ({
  applied: chosen(random, batch, factor),
  corners: random.uniform([batch, 4, 2], -scale / 2, scale / 2),
})

/** Images whose corners were moved; the others are as they were. */
export function seenFrom(images: Images, { applied, corners }: Perspective, how: Sampling): Value {
  const { width, height } = images
  if (width < 2 || height < 2) {
    throw new ShapeError({
      where: 'randomPerspective',
      expected: 'images of at least 2 × 2 pixels',
      received: `${height} × ${width}`,
    })
  }
  const moved = sampled(images, projected(images, corners), how)
  return choose(perImage(applied), moved, images.x)
}

/** Boxes [batch, n, 4] around corners that go the other way: x = X / a / depth, where depth = 1 − c·X / a − d·Y / b. */
export function seenBoxes(boxes: Value, { applied, corners }: Perspective, images: Images): Value {
  const { a, b, c, d } = projection(images, corners)
  const places = cornersOf(boxes)
  const [x, y] = [div(places.x, a), div(places.y, b)]
  const depth = sub(sub(scalar(1), mul(c, x)), mul(d, y))
  return choose(reshape(applied, ints([-1, 1, 1])), around({ x: div(x, depth), y: div(y, depth) }), boxes)
}

/**
 * Where the pixels (x, y) of the result come from: (a·x, b·y) / (c·x + d·y + 1), the projection that takes the moved corners back. Two
 * of the corners stay on an axis, for which the eight equations that Keras solves have this closed form.
 */
function projection(images: Images, corners: Value) {
  const [right, bottom] = [scalar(images.width - 1), scalar(images.height - 1)]
  const moved = (corner: number, axis: number, from: Value) => {
    const share = slice(corners, ints([corner, axis]), ints([corner + 1, axis + 1]), ints([1, 2]))
    return reshape(add(from, mul(from, share)), ints([-1, 1, 1]))
  }
  const one = scalar(1)
  const [x2, y3, x4, y4] = [moved(1, 0, right), moved(2, 1, bottom), moved(3, 0, right), moved(3, 1, bottom)]
  const c = div(sub(div(y4, y3), one), x4)
  const d = div(sub(div(x4, x2), one), y4)
  const a = mul(right, add(c, div(one, x2)))
  return { a, b: mul(bottom, add(d, div(one, y3))), c, d }
}

function projected(images: Images, corners: Value) {
  const { a, b, c, d } = projection(images, corners)
  const [x, y] = [columns(images), rows(images)]
  const depth = add(add(mul(c, x), mul(d, y)), scalar(1))
  const horizon = equal(depth, constant([0], []))
  // Nothing is seen on the horizon itself.
  const seen = (place: Value) => choose(horizon, scalar(-2), div(place, depth))
  return { x: seen(mul(a, x)), y: seen(mul(b, y)) }
}
