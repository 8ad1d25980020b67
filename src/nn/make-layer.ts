import { ArgumentError } from '../core/errors.ts'
import { Value } from '../graph/value.ts'
import {
  type AnyLayer,
  type CallMask,
  type CallMasks,
  type CallOptions,
  type Layer,
  type LayerDefinition,
  type LayerInputs,
  Symbolic,
  type SymbolicInputs,
} from './layer.ts'
import { runLayer, type Tracing } from './run-layer.ts'
import type { AnyShape, Dims, ShapeFunction } from './shapes/shape-function.ts'
import type { Weight } from './variable.ts'

/**
 * Makes a layer of its definition. The result is a function: applied to symbolic tensors it gives symbolic tensors.
 * `F` says what it does to shapes, for the compiler; what it really does is found out by tracing it.
 */
export function makeLayer<F extends ShapeFunction = AnyShape>(definition: LayerDefinition): Layer<F> {
  const layer: AnyLayer = layerCalling(definition, (inputs: SymbolicInputs, options?: CallOptions, masks?: CallMasks) =>
    applyLayer(layer, inputs, options, masks),
  )
  // The compiler cannot relate what tracing finds (`applyLayer`) to what F computes; tests hold them together.
  return layer as Layer<F>
}

/** A layer that is called as it says itself. */
export function layerCalling<Given extends readonly unknown[], R>(
  definition: LayerDefinition,
  call: (...given: Given) => R,
): AnyLayer & ((...given: Given) => R) {
  const layer = (...given: Given): R => call(...given)
  // A function has a `name` of its own that cannot be assigned, only defined anew.
  Object.defineProperty(layer, 'name', { value: definition.name, configurable: true })
  const { name: _, trainable = true, ...rest } = definition
  return Object.assign(layer, { ...rest, trainable, ownWeights: new Map<string, Weight>() })
}

/** Applies a layer to symbolic tensors: traces it once to learn the outputs' types. One output is returned bare, several as a list. */
export function applyLayer(layer: AnyLayer, inputs: SymbolicInputs, options: CallOptions = {}, givenMasks?: CallMasks) {
  const given: readonly Symbolic[] = inputs instanceof Symbolic ? [inputs] : inputs
  const [first, ...others] = given
  if (!first || !given.every(item => item instanceof Symbolic)) {
    throw new ArgumentError({
      where: layer.name ?? layer.type,
      expected: 'a symbolic tensor, or a list of them',
      received: first === undefined ? 'none' : typeof first,
      remedy: 'Make one with input({ shape }), or by applying another layer.',
    })
  }
  const own =
    givenMasks === undefined || givenMasks === null || givenMasks instanceof Symbolic ? [givenMasks] : givenMasks
  checkMasks(layer, own, given.length)
  const masks = new Map<Value, Value>()
  const replacedMasks = new Map<Value, Value | undefined>()
  // Each input gets a value of its own, since one tensor may be given twice.
  const values = given.map(({ value, mask: carried }, i) => {
    const stand = Value.input(value.type)
    const mask = own[i] === null ? undefined : (own[i]?.value ?? carried)
    if (mask) masks.set(stand, mask)
    if (own[i] !== undefined) replacedMasks.set(stand, carried)
    return stand
  })
  const outputs = tracedOnce(layer, values, options, { masks, replacedMasks })
  const call = { layer, inputs: [first, ...others], options, masks: own }
  const results = outputs.map(
    (value, index) => new Symbolic(dims(value), Value.input(value.type), masks.get(value), { call, index }),
  )
  const [only] = results
  return results.length === 1 && only ? only : results
}

function checkMasks(layer: AnyLayer, masks: readonly CallMask[], inputs: number): void {
  const wrong = masks.find(mask => mask && !(mask instanceof Symbolic && mask.dtype === 'bool'))
  if (masks.length <= inputs && !wrong) return
  throw new ArgumentError({
    where: layer.name ?? layer.type,
    expected: wrong ? 'masks to be symbolic tensors of bool' : `at most ${inputs} masks, one for each input`,
    received: wrong ? (wrong instanceof Symbolic ? wrong.dtype : typeof wrong) : String(masks.length),
  })
}

function tracedOnce(
  layer: AnyLayer,
  values: readonly Value[],
  options: CallOptions,
  masking: Pick<Tracing, 'masks' | 'replacedMasks'>,
): readonly Value[] {
  const [first, ...others] = values
  if (!first) return []
  const inputs: LayerInputs = [first, ...others]
  const made: [AnyLayer, string][] = []
  try {
    return runLayer(
      {
        training: false,
        ...masking,
        updates: new Map(),
        losses: [],
        made: (owner, name) => made.push([owner, name]),
        weight: ({ shape, name }) => Value.input({ dtype: 'float32', shape }, name),
      },
      layer.name ?? layer.type,
      layer,
      inputs,
      options,
    )
  } catch (error) {
    // An input that did not fit leaves no weights behind that would refuse the right one.
    for (const [owner, name] of made) owner.ownWeights.delete(name)
    throw error
  }
}

/** A value's sizes without the batch axis. */
export const dims = (value: Value): Dims => value.shape.slice(1).map(dim => (typeof dim === 'number' ? dim : null))
