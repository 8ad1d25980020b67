import type { AnyLayer } from '../../src/nn/layer.ts'
import { gru, lstm } from '../../src/nn/layers/index.ts'

/** Steps of a sequence, and features of a step. */
export const rnnShape = [128, 128] as const

/** A recurrent layer of 256 units over sequences, its last output: (B, 128, 128) → (B, 256). */
export const recurrent = (kind: 'lstm' | 'gru'): AnyLayer => (kind === 'lstm' ? lstm : gru)({ units: 256 })
