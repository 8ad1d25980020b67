import type { Value } from '../../../graph/value.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import { type ConvLstmCellOptions, convLstmCell, convLstmConfig } from './conv-lstm-cell.ts'
import { type RnnLayer, type RnnOptions, recurrentLayer, rnnConfig } from './rnn.ts'
import type { ConvRecurrentShape } from './shapes.ts'

export interface ConvLstmOptions extends ConvLstmCellOptions, RnnOptions {}

/** Sequences of series [batch, steps, size, channels]: see `convLstm2d`. */
export const convLstm1d = <const O extends ConvLstmOptions>(
  options: O,
): RnnLayer<ConvRecurrentShape<'convLstm1d', 1, O>> => convLstm(1, 'convLstm1d', 'ConvLSTM1D', options)

/**
 * Convolutional LSTM over sequences of images (Shi et al., "Convolutional LSTM Network", 2015): [batch, steps, height, width, channels]
 * → [batch, height′, width′, filters], or with the steps under `returnSequences`. Gates i, f, c, o side by side in the kernels.
 */
export const convLstm2d = <const O extends ConvLstmOptions>(
  options: O,
): RnnLayer<ConvRecurrentShape<'convLstm2d', 2, O>> => convLstm(2, 'convLstm2d', 'ConvLSTM2D', options)

/** Sequences of volumes [batch, steps, depth, height, width, channels]: see `convLstm2d`. */
export const convLstm3d = <const O extends ConvLstmOptions>(
  options: O,
): RnnLayer<ConvRecurrentShape<'convLstm3d', 3, O>> => convLstm(3, 'convLstm3d', 'ConvLSTM3D', options)

function convLstm<F extends ShapeFunction>(
  rank: number,
  where: string,
  type: string,
  options: ConvLstmOptions,
): RnnLayer<F> {
  const cellConfig = convLstmConfig(where, rank, options)
  const cell = convLstmCell(where, cellConfig)
  const config = { ...cellConfig, ...rnnConfig(options) }
  const last = cellConfig.dataFormat === 'channelsLast'
  return recurrentLayer<F>(
    { type, config },
    cell,
    options,
    changes => convLstm(rank, where, type, { ...options, ...changes }),
    last ? { enter: channelsTo(1), leave: channelsTo(-1) } : undefined,
  )
}

/** Moves channels to be the first or last axis behind the `leading` ones. */
const channelsTo =
  (place: 1 | -1) =>
  (value: Value, leading: number): Value => {
    const axes = value.shape.map((_, i) => i)
    const [before, own] = [axes.slice(0, leading), axes.slice(leading)]
    const perm =
      place === 1
        ? [...before, ...own.slice(-1), ...own.slice(0, -1)]
        : [...before, ...own.slice(1), ...own.slice(0, 1)]
    return transpose(value, { perm })
  }
