import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape, type Shape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import type { AnyLayer, Layer, LayerDefinition } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { AnyShape, ShapeFunction } from '../../shapes/shape-function.ts'

/** A cell, whatever it does to shapes. */
export interface AnyCell extends AnyLayer {
  /** Sizes of the states, in order. */
  readonly stateSize: readonly number[]
  /** Size of the output's last axis. */
  readonly outputSize: number
  /** Shapes of the states without the batch axis, for an entry of this shape (with it). */
  stateShapes(entry: Shape): readonly (readonly number[])[]
  /** Runs whole sequences by one of the engine's kernels when it is called with the option `sequence`: see `sequenceOption`. */
  readonly runsSequences: boolean
  /** The same cell with weights of its own. */
  remake(): AnyCell
}

/**
 * One step of a recurrence, as a layer: inputs are the step's entry [batch, …] and the states, outputs are the step's output and
 * the new states. `rnn` runs one over sequences.
 */
export type RnnCell<F extends ShapeFunction = AnyShape> = Layer<F> & AnyCell

/**
 * The call option that hands a cell a whole sequence in place of an entry: [steps, batch, features], followed by initial states or
 * none for zeros. 'forward' or 'backward' is the direction. Outputs: all outputs, in the order of the entries, and the last states.
 */
export const sequenceOption = 'sequence'

export interface CellDefinition extends Omit<LayerDefinition, 'arity' | 'masking'> {
  /** Size of the state, or of each state: [batch, size] each. The first one is usually the output. */
  readonly stateSize: number | readonly number[]
  /** Default: the size of the first state. */
  readonly outputSize?: number
  readonly stateShapes?: AnyCell['stateShapes']
  readonly runsSequences?: boolean
}

/**
 * Makes a cell of its definition, for `rnn`:
 *
 *     const leaky = () => makeCell({
 *       type: 'Leaky',
 *       config: {},
 *       stateSize: 4,
 *       call: ([x, h = x], scope) => {
 *         const kernel = scope.weight('kernel', { shape: [8, 4], initializer: glorotUniform() })
 *         const next = add(mul(h, scalar(0.9)), matMul(x, kernel))
 *         return [next, next]
 *       },
 *     })
 *
 * A step is traced once for all steps. What it draws at random is therefore the same at every step, which is what Gal & Ghahramani
 * ask of dropout in recurrent networks.
 */
export function makeCell<F extends ShapeFunction = AnyShape>(definition: CellDefinition): RnnCell<F> {
  const { stateSize, outputSize, stateShapes, runsSequences = false, ...layer } = definition
  const sizes = typeof stateSize === 'number' ? [stateSize] : stateSize
  const [first] = sizes
  if (first === undefined || sizes.some(size => !Number.isSafeInteger(size) || size < 1)) {
    throw new ArgumentError({
      where: layer.type,
      expected: "'stateSize' to be a positive integer or a list of them",
      received: JSON.stringify(stateSize),
    })
  }
  const arity = { min: runsSequences ? 1 : 1 + sizes.length, max: 1 + sizes.length }
  return Object.assign(makeLayer<F>({ ...layer, arity }), {
    stateSize: sizes,
    outputSize: outputSize ?? first,
    stateShapes: stateShapes ?? (() => sizes.map(size => [size])),
    runsSequences,
    remake: () => makeCell<F>(definition),
  })
}

export const isCell = (value: unknown): value is AnyCell => typeof value === 'function' && 'stateShapes' in value

/** The size of an entry's last axis. */
export function featuresOf(where: string, entry: Value): number {
  const features = entry.shape.at(-1)
  if (typeof features === 'number') return features
  throw new ShapeError({
    where,
    expected: 'an input whose last axis has a known size',
    received: `shape ${formatShape(entry.shape)}`,
  })
}
