import { type GruCellOptions, gruCell } from './gru-cell.ts'
import { type RnnLayer, type RnnOptions, recurrentLayer, rnnConfig } from './rnn.ts'
import type { RecurrentShape } from './shapes.ts'

export interface GruOptions extends GruCellOptions, RnnOptions {}

/**
 * Gated recurrent unit (Cho et al., 2014). Sequences [batch, steps, features] → [batch, units], or [batch, steps, units]
 * with `returnSequences`; weights as in `gruCell`. Predicting without a mask runs the engine's own kernel, training a Scan that
 * keeps what the gradient reads.
 */
export function gru<
  const U extends number,
  const Sequences extends boolean = false,
  const State extends boolean = false,
>(
  options: GruOptions & { readonly units: U; readonly returnSequences?: Sequences; readonly returnState?: State },
): RnnLayer<RecurrentShape<U, Sequences, State, readonly [U], 'gru'>> {
  const cell = gruCell({ ...options, name: undefined, trainable: undefined })
  const config = { ...cell.config, ...rnnConfig(options) }
  const remake = (changes: RnnOptions) => gru<number, boolean, boolean>({ ...options, ...changes })
  return recurrentLayer({ type: 'GRU', config }, cell, options, remake)
}
