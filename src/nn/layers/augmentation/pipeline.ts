import { ArgumentError } from '../../../core/errors.ts'
import type { AnyLayer, Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import { snakeCase } from '../../names.ts'
import type { AnyShape, Apply, ShapeFunction } from '../../shapes/shape-function.ts'
import { type CommonOptions, common } from '../options.ts'

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

/** Several layers as one, each with one input and one output: for preprocessing and augmentation, and a layer of files of Keras. */
export function pipeline<const L extends readonly AnyLayer[]>(options: PipelineOptions<L>): Layer<Piped<L>> {
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
  return makeLayer({
    type: 'Pipeline',
    ...common(where, options),
    config: { layers: list },
    // The last layer's output has the mask that layer gave it.
    masking: (_, scope, [last]) => last && scope.maskOf(last),
    call: ([input], scope) => list.reduce((x, layer, i) => scope.run(`layers/${names[i]}`, layer, x)[0], input),
  })
}

const isLayer = (value: unknown): value is AnyLayer => typeof value === 'function' && 'ownWeights' in value

/** `random_flip`, `random_flip_1`, …, as in Keras's files. */
function nameOf(layers: readonly AnyLayer[], i: number): string {
  const type = layers[i]?.type ?? ''
  const before = layers.slice(0, i).filter(layer => layer.type === type).length
  return before === 0 ? snakeCase(type) : `${snakeCase(type)}_${before}`
}
