import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape, sameShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { type AnyLayer, isLayer, type Layer, type LayerScope } from '../../layer.ts'
import { snakeCase } from '../../names.ts'
import type { AnyShape, Apply, ShapeFunction } from '../../shapes/shape-function.ts'
import { type CommonOptions, common } from '../options.ts'
import { type AugmentationData, dataOf, dataOption, listOf, namesOf } from './data.ts'
import { type AugmentationLayer, dataLayer } from './data-layer.ts'

export interface PipelineOptions<L extends readonly AnyLayer[] = readonly AnyLayer[]> extends CommonOptions {
  /** From the first to the last: each takes what the one before it gives. */
  readonly layers: L
}

/** What several layers do to a shape, one after the other. */
export interface Piped<L extends readonly AnyLayer[]> extends ShapeFunction {
  readonly output: Through<L, this['input']>
}
type Through<L extends readonly AnyLayer[], S> = L extends readonly [
  Layer<infer F>,
  ...infer Rest extends readonly AnyLayer[],
]
  ? Through<Rest, Apply<F, S>>
  : L extends readonly []
    ? S
    : Apply<AnyShape, S>

/**
 * Several layers as one: for preprocessing and augmentation, and a layer of files of Keras. Boxes, masks and labels go through the layers
 * that take them along with images; the others may only change what pixels hold.
 */
export function pipeline<const L extends readonly AnyLayer[]>(
  options: PipelineOptions<L>,
): AugmentationLayer<Piped<L>> {
  const where = 'pipeline'
  const { layers } = options
  if (!Array.isArray(layers) || layers.length === 0 || !layers.every(isLayer)) {
    throw new ArgumentError({
      where,
      expected: "layers, such as randomFlip() and randomRotation({ factor: 0.1 }), in 'layers'",
      received: Array.isArray(layers) && layers.length === 0 ? 'none' : 'something else',
    })
  }
  const list: readonly AnyLayer[] = layers
  const names = list.map((_, i) => nameOf(list, i))
  return dataLayer({
    type: 'Pipeline',
    where,
    ...common(where, options),
    config: { layers: list },
    mixes: list.flatMap(({ augments }) => augments?.mixes ?? []),
    // The last layer's output has the mask that layer gave it.
    masking: (_, scope, [last]) => last && scope.maskOf(last),
    augment: (data, scope) =>
      list.reduce((before, layer, i) => through(layer, `layers/${names[i]}`, before, scope), data),
  })
}

function through(
  layer: AnyLayer,
  path: string,
  data: AugmentationData<Value>,
  scope: LayerScope,
): AugmentationData<Value> {
  const names = namesOf(data)
  if (layer.augments && names !== 'images')
    return dataOf(path, names, scope.run(path, layer, listOf(data), { options: { [dataOption]: names } }))
  const [images] = scope.run(path, layer, data.images)
  const moves = data.boundingBoxes !== undefined || data.segmentationMasks !== undefined
  if (moves && !sameShape(images.shape.slice(0, -1), data.images.shape.slice(0, -1))) {
    throw new ShapeError({
      where: path,
      expected: 'a layer that takes boxes and masks along, or keeps the size of images',
      received: `images of shape ${formatShape(images.shape)} of those of shape ${formatShape(data.images.shape)}`,
    })
  }
  return { ...data, images }
}

/** `random_flip`, `random_flip_1`, …, as in Keras's files. */
function nameOf(layers: readonly AnyLayer[], i: number): string {
  const type = layers[i]?.type ?? ''
  const before = layers.slice(0, i).filter(layer => layer.type === type).length
  return before === 0 ? snakeCase(type) : `${snakeCase(type)}_${before}`
}
