import { type RnnLayer, type RnnOptions, recurrentLayer, rnnConfig } from './rnn.ts'
import { type SimpleRnnCellOptions, simpleRnnCell } from './simple-rnn-cell.ts'

export interface SimpleRnnOptions extends Omit<SimpleRnnCellOptions, 'name' | 'trainable'>, RnnOptions {}

/**
 * Fully connected recurrence: h′ = activation(x · kernel + h · recurrent_kernel + bias). Sequences [batch, steps, features] → [batch, units], or [batch, steps, units]
 * with `returnSequences`; weights as in `simpleRnnCell`. Predicting without a mask runs the engine's own kernel, training a Scan that
 * keeps what the gradient reads.
 */
export function simpleRnn(options: SimpleRnnOptions): RnnLayer {
  const cell = simpleRnnCell({ ...options, name: undefined, trainable: undefined })
  const config = { ...cell.config, ...rnnConfig(options) }
  return recurrentLayer({ type: 'SimpleRNN', config }, cell, options, changes => simpleRnn({ ...options, ...changes }))
}
