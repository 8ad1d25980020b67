import { type LstmCellOptions, lstmCell } from './lstm-cell.ts'
import { type RnnLayer, type RnnOptions, recurrentLayer, rnnConfig } from './rnn.ts'

export interface LstmOptions extends Omit<LstmCellOptions, 'name' | 'trainable'>, RnnOptions {}

/**
 * Long short-term memory (Hochreiter & Schmidhuber, 1997). Sequences [batch, steps, features] → [batch, units], or [batch, steps, units]
 * with `returnSequences`; weights as in `lstmCell`. Predicting without a mask runs the engine's own kernel, training a Scan that
 * keeps what the gradient reads.
 */
export function lstm(options: LstmOptions): RnnLayer {
  const cell = lstmCell({ ...options, name: undefined, trainable: undefined })
  const config = { ...cell.config, ...rnnConfig(options) }
  return recurrentLayer({ type: 'LSTM', config }, cell, options, changes => lstm({ ...options, ...changes }))
}
