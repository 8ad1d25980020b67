import { type GruCellOptions, gruCell } from './gru-cell.ts'
import { type RnnLayer, type RnnOptions, recurrentLayer, rnnConfig } from './rnn.ts'

export interface GruOptions extends Omit<GruCellOptions, 'name' | 'trainable'>, RnnOptions {}

/**
 * Gated recurrent unit (Cho et al., 2014). Sequences [batch, steps, features] → [batch, units], or [batch, steps, units]
 * with `returnSequences`; weights as in `gruCell`. Predicting without a mask runs the engine's own kernel, training a Scan that
 * keeps what the gradient reads.
 */
export function gru(options: GruOptions): RnnLayer {
  const cell = gruCell({ ...options, name: undefined, trainable: undefined })
  const config = { ...cell.config, ...rnnConfig(options) }
  return recurrentLayer({ type: 'GRU', config }, cell, options, changes => gru({ ...options, ...changes }))
}
