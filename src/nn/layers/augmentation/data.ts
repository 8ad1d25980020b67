import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { type Dim, formatShape, type Shape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { cast } from '../../../ops/math/cast.ts'
import { squeeze } from '../../../ops/shape/squeeze.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import type { DataFormat } from '../options.ts'

/** What augmentation layers change together, as Keras's dictionaries have it. */

export interface BoundingBoxes<T> {
  /** [batch, n, 4]; images with fewer boxes have zeros, or −1, in the other places. */
  readonly boxes: T
  /** [batch, n], of a signed dtype: −1 where there is no box. */
  readonly labels: T
}

/** Everything for one image alone has no batch axis. */
export interface AugmentationData<T> {
  /** [batch, height, width, channels]. */
  readonly images: T
  readonly boundingBoxes?: BoundingBoxes<T> | undefined
  /** Of whole images, [batch, …]. */
  readonly labels?: T | undefined
  /** [batch, height, width, channels], or [batch, height, width] of class numbers: a value for each pixel. */
  readonly segmentationMasks?: T | undefined
}

/** The tensors of a dictionary, in the order of Keras's functional models, which sort by name. */
const parts = ['boxes', 'boxLabels', 'images', 'labels', 'segmentationMasks'] as const
export type Part = (typeof parts)[number]

/** The name of the call option that says what a layer's inputs are. */
export const dataOption = 'data'

/** The tensors that are there, in order. */
export function partsOf<T>(data: AugmentationData<T>): readonly (readonly [Part, T])[] {
  const { boundingBoxes, images, labels, segmentationMasks } = data
  const all = { boxes: boundingBoxes?.boxes, boxLabels: boundingBoxes?.labels, images, labels, segmentationMasks }
  return parts.flatMap((part): (readonly [Part, T])[] => {
    const value = all[part]
    return value === undefined ? [] : [[part, value]]
  })
}

/** The tensors alone. */
export function listOf<T>(data: AugmentationData<T>): readonly [T, ...T[]] {
  const [first = data.images, ...others] = partsOf(data).map(([, value]) => value)
  return [first, ...others]
}

/** The tensors' names, as a call option. */
export const namesOf = (data: AugmentationData<unknown>): string =>
  partsOf(data)
    .map(([part]) => part)
    .join(' ')

/** The dictionary again. */
export function dataOf<T>(where: string, option: string, values: readonly T[]): AugmentationData<T> {
  const names = option.split(' ')
  const found = new Map(names.map((name, i) => [name, values[i]]))
  const [boxes, boxLabels, images, labels, segmentationMasks] = parts.map(part => found.get(part))
  const unknown = names.find(name => !parts.some(part => part === name))
  if (unknown !== undefined || names.length !== values.length || !images || !boxes !== !boxLabels) {
    throw new ArgumentError({
      where,
      expected: `images, and what else there is of ${parts.join(', ')}`,
      received: `'${option}' for ${values.length} inputs`,
    })
  }
  return {
    images,
    ...(boxes && boxLabels ? { boundingBoxes: { boxes, labels: boxLabels } } : {}),
    ...(labels ? { labels } : {}),
    ...(segmentationMasks ? { segmentationMasks } : {}),
  }
}

/** Every tensor of a dictionary changed. */
export const mapped = <T, U>(where: string, data: AugmentationData<T>, change: (value: T, part: Part) => U) =>
  dataOf(
    where,
    namesOf(data),
    partsOf(data).map(([part, value]) => change(value, part)),
  )

const channelAxis = (format: DataFormat): number => (format === 'channelsLast' ? 3 : 1)

/**
 * Works on a batch whose masks have channels: axes are added where they are missing, and taken away again afterwards. Sizes that are known
 * have to agree.
 */
export function inBatches(
  where: string,
  data: AugmentationData<Value>,
  format: DataFormat,
  work: (batch: AugmentationData<Value>) => AugmentationData<Value>,
): AugmentationData<Value> {
  checkSizes(where, data, format)
  const single = data.images.shape.length === 3
  const axis = ints([channelAxis(format)])
  const bare = data.segmentationMasks?.shape.length === (single ? 2 : 3)
  const batch = mapped(where, data, (value, part) => {
    const one = single ? unsqueeze(value, ints([0])) : value
    return bare && part === 'segmentationMasks' ? unsqueeze(one, axis) : one
  })
  return mapped(where, work(batch), (value, part) => {
    const same = bare && part === 'segmentationMasks' ? squeeze(value, axis) : value
    return single ? squeeze(same, ints([0])) : same
  })
}

/** Throws where boxes, their labels or masks do not belong to the images. */
export function checkSizes(where: string, data: AugmentationData<Value>, format: DataFormat): void {
  const single = data.images.shape.length === 3
  const { images, boundingBoxes, segmentationMasks } = mapped(where, data, ({ shape }) =>
    single ? [1, ...shape] : shape,
  )
  const expect = (name: string, found: Shape, wanted: readonly (Dim | null)[]) => {
    // Names of sizes that are not known yet may differ.
    const agrees = (size: Dim, i: number) =>
      typeof wanted[i] !== 'number' || typeof size !== 'number' || size === wanted[i]
    if (found.length === wanted.length && found.every(agrees)) return
    const without = single ? 1 : 0
    throw new ShapeError({
      where,
      expected: `${name} of shape [${wanted
        .slice(without)
        .map(size => size ?? 'any')
        .join(', ')}], for images of shape ${formatShape(images.slice(without))}`,
      received: formatShape(found.slice(without)),
      remedy: single
        ? 'What belongs to one image alone has no batch axis.'
        : 'What belongs to a batch has a batch axis.',
    })
  }
  if (segmentationMasks) {
    const sizes = images.map((size, axis) => (axis === channelAxis(format) ? null : size))
    const bare = sizes.filter(size => size !== null)
    expect("'segmentationMasks'", segmentationMasks, segmentationMasks.length === 3 ? bare : sizes)
  }
  if (!boundingBoxes) return
  const { boxes, labels } = boundingBoxes
  const [batch = null] = images
  expect("'boundingBoxes.boxes'", boxes, [batch, null, 4])
  expect("'boundingBoxes.labels'", labels, [batch, boxes[1] ?? null])
}

/** Masks through something that is done to images, which are floats; masks keep their dtype. */
export function inOwnDtype(masks: Value, work: (x: Value) => Value): Value {
  const result = work(masks.dtype === 'float32' ? masks : cast(masks, { to: 'float32' }))
  return masks.dtype === result.dtype ? result : cast(result, { to: masks.dtype })
}
