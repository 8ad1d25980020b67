import { type RnnLayer, type RnnOptions, recurrentLayer, rnnConfig } from './rnn.ts'
import type { RecurrentShape } from './shapes.ts'
import { type SimpleRnnCellOptions, simpleRnnCell } from './simple-rnn-cell.ts'

export interface SimpleRnnOptions extends SimpleRnnCellOptions, RnnOptions {}

/**
 * Fully connected recurrence: h′ = activation(x · kernel + h · recurrent_kernel + bias). Sequences [batch, steps, features] → [batch, units], or [batch, steps, units]
 * with `returnSequences`; weights as in `simpleRnnCell`. Predicting without a mask runs the engine's own kernel, training a Scan that
 * keeps what the gradient reads.
 */
export function simpleRnn<
  const U extends number,
  const Sequences extends boolean = false,
  const State extends boolean = false,
>(
  options: SimpleRnnOptions & { readonly units: U; readonly returnSequences?: Sequences; readonly returnState?: State },
): RnnLayer<RecurrentShape<U, Sequences, State, readonly [U], 'simpleRnn'>> {
  const cell = simpleRnnCell({ ...options, name: undefined, trainable: undefined })
  const config = { ...cell.config, ...rnnConfig(options) }
  const remake = (changes: RnnOptions) => simpleRnn<number, boolean, boolean>({ ...options, ...changes })
  return recurrentLayer({ type: 'SimpleRNN', config }, cell, options, remake)
}
