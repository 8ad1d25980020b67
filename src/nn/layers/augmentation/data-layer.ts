import { ArgumentError } from '../../../core/errors.ts'
import { fromNumbers } from '../../../core/tensor-data.ts'
import { Value } from '../../../graph/value.ts'
import { leafOf } from '../../../tensor/source.ts'
import { Tensor } from '../../../tensor/tensor.ts'
import { isTracing } from '../../../tensor/tracing.ts'
import {
  type AnyLayer,
  type Augments,
  type CallMasks,
  type CallOptions,
  type Layer,
  type LayerDefinition,
  type LayerInputs,
  type LayerScope,
  Symbolic,
  type SymbolicInputs,
  type SymbolicOutput,
} from '../../layer.ts'
import { layerKey } from '../../layer-key.ts'
import { applyLayer, layerCalling } from '../../make-layer.ts'
import { snakeCase } from '../../names.ts'
import { runLayer } from '../../run-layer.ts'
import type { Apply, Dims, ShapeFunction } from '../../shapes/shape-function.ts'
import { type AugmentationData, dataOf, dataOption, listOf, mapped, namesOf, type Part, partsOf } from './data.ts'

/** Layers that take images, and dictionaries of images with what belongs to them. */

export interface AugmentOptions {
  /** Draws the same for the same seed and step. Layers that draw something, in training, ask for it. */
  readonly seed?: number
  /** Draws anew for every step. Default 0. */
  readonly step?: number
  /** False does what is done in inference. Default true. */
  readonly training?: boolean
}

/**
 * A layer that images may be given to together with their boxes, masks and labels: what it draws at random is the same for all of
 * them. Called on symbolic tensors it is part of a model; called on tensors, with a seed, it gives tensors:
 *
 *     const flip = layers.randomFlip({ boundingBoxFormat: 'xyxy' })
 *     const { images, boundingBoxes } = flip({ images: x, boundingBoxes: { boxes, labels } }, { seed: 1 })
 */
export interface AugmentationLayer<F extends ShapeFunction> extends Layer<F> {
  <const D extends AugmentationData<Symbolic>>(data: D & Known<D>): AugmentedSymbolic<F, D>
  <const D extends AugmentationData<Tensor>>(data: D & Known<D>, options?: AugmentOptions): AugmentedTensors<D>
}

/** Nothing that a dictionary cannot have. */
type Known<D> = { readonly [K in Exclude<keyof D, keyof AugmentationData<unknown>>]: never }

/** What was given, moved: images and masks as the layer says. */
type AugmentedSymbolic<F extends ShapeFunction, D> = {
  readonly [K in keyof D]: K extends 'images' | 'segmentationMasks'
    ? D[K] extends Symbolic<infer S>
      ? SymbolicOutput<Apply<F, S>>
      : D[K]
    : K extends 'boundingBoxes'
      ? { readonly boxes: Symbolic<Dims>; readonly labels: Symbolic<Dims> }
      : D[K]
}

type AugmentedTensors<D> = {
  readonly [K in keyof D]: K extends 'boundingBoxes'
    ? { readonly boxes: Tensor<'float32'>; readonly labels: Tensor }
    : K extends 'images'
      ? Tensor<'float32'>
      : Tensor
}

export interface DataLayerDefinition
  extends Pick<LayerDefinition, 'type' | 'name' | 'trainable' | 'config' | 'masking'> {
  /** The function that makes the layer, for messages. */
  readonly where: string
  /** What a list of inputs without names is. Default: images alone. */
  readonly listed?: readonly Part[]
  /** What it does with inputs without names, where that is not what it does with `listed`. */
  plain?(inputs: LayerInputs, scope: LayerScope): Value | readonly [Value, ...Value[]]
  readonly mixes?: Augments['mixes']
  augment(data: AugmentationData<Value>, scope: LayerScope): AugmentationData<Value>
}

/** Makes a layer of what it does to dictionaries; it gives what it was given. */
export function dataLayer<F extends ShapeFunction>(definition: DataLayerDefinition): AugmentationLayer<F> {
  const { where, listed = ['images'], plain, mixes = [], augment, ...rest } = definition
  const layer: AnyLayer = layerCalling(
    {
      ...rest,
      augments: { mixes },
      arity: { min: 1, max: 5 },
      call(inputs, scope) {
        const { [dataOption]: names } = scope.options
        if (typeof names !== 'string') {
          if (plain) return plain(inputs, scope)
          checkListed(where, inputs, listed)
        }
        const named = typeof names === 'string' ? names : listed.slice(0, inputs.length).join(' ')
        return listOf(augment(dataOf(where, named, inputs), scope))
      },
    },
    (given: SymbolicInputs | AugmentationData<unknown>, options?: CallOptions, masks?: CallMasks) =>
      isData(given) ? called(where, layer, given, options) : applyLayer(layer, given, options, masks),
  )
  // As for `makeLayer`: the types say what tests hold true.
  return layer as AugmentationLayer<F>
}

const isData = (given: SymbolicInputs | AugmentationData<unknown>): given is AugmentationData<unknown> =>
  typeof given === 'object' && given !== null && !(given instanceof Symbolic) && !Array.isArray(given)

function checkListed(where: string, inputs: LayerInputs, listed: readonly Part[]): void {
  if (inputs.length <= listed.length) return
  throw new ArgumentError({
    where,
    expected: listed.length === 1 ? 'images' : `[${listed.join(', ')}]`,
    received: `${inputs.length} inputs`,
    remedy:
      'Give what belongs to images by its name: { images, boundingBoxes: { boxes, labels }, segmentationMasks, labels }.',
  })
}

const known = ['boundingBoxes', 'images', 'labels', 'segmentationMasks']

function called(where: string, layer: AnyLayer, data: AugmentationData<unknown>, options: object = {}) {
  const other = Object.keys(data).find(key => !known.includes(key))
  const given = partsOf(data)
  const has = given.map(([part]) => part)
  if (other !== undefined || !has.includes('images') || has.includes('boxes') !== has.includes('boxLabels')) {
    throw new ArgumentError({
      where,
      expected:
        'a dictionary of images, and as far as there are any boundingBoxes: { boxes, labels }, segmentationMasks and labels',
      received: other === undefined ? `one of ${has.join(', ') || 'nothing'}` : `'${other}'`,
    })
  }
  const symbols = all(where, data, Symbolic)
  if (symbols) return onSymbols(where, layer, symbols)
  const tensors = all(where, data, Tensor)
  if (tensors) return onTensors(where, layer, tensors, options)
  throw new ArgumentError({
    where,
    expected: 'symbolic tensors, or tensors',
    received: 'something else, or both',
    remedy: 'Make tensors of arrays with tensor(…).',
  })
}

/** The dictionary if all of it is of one class. */
function all<T>(
  where: string,
  data: AugmentationData<unknown>,
  type: abstract new (...given: never[]) => T,
): AugmentationData<T> | undefined {
  const given = partsOf(data)
  const values = given.map(([, value]) => value).filter((value): value is T => value instanceof type)
  return values.length === given.length ? dataOf(where, namesOf(data), values) : undefined
}

function onSymbols(where: string, layer: AnyLayer, data: AugmentationData<Symbolic>): AugmentationData<Symbolic> {
  const names = namesOf(data)
  const outputs = applyLayer(layer, listOf(data), { [dataOption]: names })
  return dataOf(where, names, outputs instanceof Symbolic ? [outputs] : outputs)
}

function onTensors(
  where: string,
  layer: AnyLayer,
  data: AugmentationData<Tensor>,
  { seed, step = 0, training = true }: AugmentOptions,
): AugmentationData<Tensor> {
  const names = namesOf(data)
  const outputs = runLayer(
    {
      training,
      masks: new Map(),
      updates: new Map(),
      losses: [],
      key: path => layerKey(counterOf(where, step, seed), path),
      weight: ({ name }) => refused(where, name),
    },
    layer.name ?? snakeCase(layer.type),
    layer,
    listOf(mapped(where, data, ({ value }) => value)),
    { [dataOption]: names },
  )
  return mapped(where, dataOf(where, names, outputs), value => new Tensor(value))
}

/** What keys are made from, by a model's training steps too. */
function counterOf(where: string, step: number, seed: number | undefined): Value {
  const data = fromNumbers('int64', [2], [count(where, 'step', step), count(where, 'seed', seed)])
  // As for numbers among tensors: it changes from call to call outside of a traced function, and is part of one inside.
  return isTracing() ? Value.constant(data) : leafOf(data)
}

function count(where: string, name: string, value: number | undefined): number {
  if (value !== undefined && Number.isSafeInteger(value)) return value
  throw new ArgumentError({
    where,
    expected: `'${name}' to be an integer, since what is drawn follows from it`,
    received: String(value),
    remedy: 'Call it with { seed: 1, step } and count the steps.',
  })
}

function refused(where: string, weight: string): never {
  throw new ArgumentError({
    where,
    expected: 'layers without weights, outside of a model',
    received: `one with '${weight}'`,
  })
}
