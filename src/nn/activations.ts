import { ArgumentError } from '../core/errors.ts'
import type { Value } from '../graph/value.ts'
import { glu, logSoftmax, softmax, sparsemax } from './activations/along-axis.ts'
import * as functions from './activations/functions.ts'

const { threshold: _, ...elementwise } = functions
const alongAxis = { softmax, logSoftmax, sparsemax, glu }
const byName = { ...elementwise, ...alongAxis }

/** Activations by Keras's names, with Keras's defaults. Those that look at one axis take the last one. */
export type ActivationName = keyof typeof byName
/** A name, or a function: `x => activations.relu(x, { maxValue: 2 })`. */
export type Activation = ActivationName | ((x: Value) => Value)

/** Activations that work element by element, and so commute with a change of layout. */
export const isElementwise = (activation: Activation): boolean =>
  typeof activation === 'string' && !Object.hasOwn(alongAxis, activation)

export function resolveActivation(given: Activation, where: string): (x: Value) => Value {
  if (typeof given === 'function') return given
  // Called with x alone: the options are the defaults.
  const found = Object.hasOwn(byName, given) ? byName[given] : undefined
  if (found) return x => found(x)
  throw new ArgumentError({
    where,
    expected: `an activation among ${Object.keys(byName).join(', ')}`,
    received: `'${String(given)}'`,
  })
}
