import { type LstmCellOptions, lstmCell } from './lstm-cell.ts'
import { type RnnLayer, type RnnOptions, recurrentLayer, rnnConfig } from './rnn.ts'
import type { RecurrentShape } from './shapes.ts'

export interface LstmOptions extends LstmCellOptions, RnnOptions {}

/**
 * Long short-term memory (Hochreiter & Schmidhuber, 1997). Sequences [batch, steps, features] → [batch, units], or [batch, steps, units]
 * with `returnSequences`; weights as in `lstmCell`. Predicting without a mask runs the engine's own kernel, training a Scan that
 * keeps what the gradient reads.
 */
export function lstm<
  const U extends number,
  const Sequences extends boolean = false,
  const State extends boolean = false,
>(
  options: LstmOptions & { readonly units: U; readonly returnSequences?: Sequences; readonly returnState?: State },
): RnnLayer<RecurrentShape<U, Sequences, State, readonly [U, U], 'lstm'>> {
  const cell = lstmCell({ ...options, name: undefined, trainable: undefined })
  const config = { ...cell.config, ...rnnConfig(options) }
  const remake = (changes: RnnOptions) => lstm<number, boolean, boolean>({ ...options, ...changes })
  return recurrentLayer({ type: 'LSTM', config }, cell, options, remake)
}
