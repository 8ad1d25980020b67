import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape, type Shape } from '../../../core/shape.ts'
import { ints } from '../../../ops/constants.ts'
import { add } from '../../../ops/math/add.ts'
import { conv } from '../../../ops/nn/conv.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import { type Activation, resolveActivation } from '../../activations.ts'
import { oneOf, positiveInt } from '../arguments.ts'
import { makeCell, type RnnCell } from './cell.ts'
import {
  dropoutMasks,
  maskedProduct,
  openForgetGate,
  type RecurrentWeightOptions,
  recurrentConfig,
  resolveRecurrent,
} from './gates.ts'
import { stateOf } from './kernel.ts'
import { lstmStep } from './lstm-cell.ts'

type Sizes = number | readonly number[]

export interface ConvLstmCellOptions extends RecurrentWeightOptions {
  /** Channels of the states and the output. */
  readonly filters: number
  /** Of the window, along each spatial axis. */
  readonly kernelSize: Sizes
  /** Of the inputs' convolution; the states' goes in steps of 1. Not together with `dilationRate`. */
  readonly strides?: Sizes
  /** Of the inputs' convolution; the states' keeps the size. Default valid. */
  readonly padding?: 'valid' | 'same'
  readonly dataFormat?: 'channelsLast' | 'channelsFirst'
  readonly dilationRate?: Sizes
  /** Of the gates. Default sigmoid. */
  readonly recurrentActivation?: Activation
  /** Starts the forget gate's bias at 1. Default true. */
  readonly unitForgetBias?: boolean
}

export function convLstmConfig(where: string, rank: number, options: ConvLstmCellOptions) {
  const list = (name: string, value: Sizes): readonly number[] => {
    const sizes = typeof value === 'number' ? new Array<number>(rank).fill(value) : value
    if (sizes.length === rank && sizes.every(size => Number.isSafeInteger(size) && size > 0)) return sizes
    throw new ArgumentError({
      where,
      expected: `'${name}' to be a positive integer or ${rank} of them`,
      received: JSON.stringify(value),
    })
  }
  const config = {
    filters: positiveInt(where, 'filters', options.filters),
    kernelSize: list('kernelSize', options.kernelSize),
    strides: list('strides', options.strides ?? 1),
    padding: oneOf(where, 'padding', options.padding ?? 'valid', ['valid', 'same']),
    dataFormat: oneOf(where, 'dataFormat', options.dataFormat ?? 'channelsLast', ['channelsLast', 'channelsFirst']),
    dilationRate: list('dilationRate', options.dilationRate ?? 1),
    recurrentActivation: options.recurrentActivation ?? 'sigmoid',
    unitForgetBias: options.unitForgetBias ?? true,
    ...recurrentConfig(where, options),
  }
  if (config.strides.some(n => n > 1) && config.dilationRate.some(n => n > 1)) {
    throw new ArgumentError({
      where,
      expected: "'strides' or 'dilationRate' to be 1",
      received: `${JSON.stringify(config.strides)} and ${JSON.stringify(config.dilationRate)}`,
    })
  }
  return config
}

/**
 * Shi et al., "Convolutional LSTM Network", 2015: an LSTM whose products are convolutions. Works on channels-first entries
 * [batch, channels, …]; kernel [window …, channels, 4 · filters], recurrent_kernel [window …, filters, 4 · filters].
 */
export function convLstmCell(where: string, config: ReturnType<typeof convLstmConfig>): RnnCell {
  const { filters, kernelSize, strides, padding, dilationRate } = config
  const rank = kernelSize.length
  const { activation, ...weights } = resolveRecurrent(where, config)
  const gate = resolveActivation(config.recurrentActivation, where)
  const initializer = config.unitForgetBias ? openForgetGate(weights.bias.initializer) : weights.bias.initializer
  const ones = kernelSize.map(() => 1)

  const stateShapes = (entry: Shape): readonly (readonly number[])[] => {
    const sizes = spatialSizes(where, entry, rank).map((size, i) => {
      const { stride, span } = windowOf(i)
      return padding === 'same' ? Math.ceil(size / stride) : Math.floor((size - span) / stride) + 1
    })
    if (sizes.some(size => size < 1)) {
      throw new ShapeError({
        where,
        expected: `images no smaller than the window ${JSON.stringify(kernelSize)}`,
        received: `shape ${formatShape(entry)} (channels first)`,
      })
    }
    return [
      [filters, ...sizes],
      [filters, ...sizes],
    ]
  }
  const windowOf = (i: number) => ({
    stride: strides[i] ?? 1,
    span: ((kernelSize[i] ?? 1) - 1) * (dilationRate[i] ?? 1) + 1,
  })
  /** TensorFlow's 'same': the odd element at the end. */
  const entryPads = (entry: Shape): readonly number[] => {
    if (padding === 'valid') return [...ones, ...ones].map(() => 0)
    const totals = spatialSizes(where, entry, rank).map((size, i) => {
      const { stride, span } = windowOf(i)
      return Math.max(0, (Math.ceil(size / stride) - 1) * stride + span - size)
    })
    return [...totals.map(total => Math.floor(total / 2)), ...totals.map(total => Math.ceil(total / 2))]
  }
  const statePads = [...kernelSize.map(k => Math.floor((k - 1) / 2)), ...kernelSize.map(k => Math.ceil((k - 1) / 2))]
  const perm = [rank + 1, rank, ...kernelSize.map((_, i) => i)]

  return makeCell({
    type: 'ConvLSTMCell',
    config,
    stateSize: [filters, filters],
    stateShapes,
    call(inputs, scope) {
      const [x] = inputs
      const [h, c] = [stateOf(where, inputs, 0), stateOf(where, inputs, 1)]
      const channels = x.shape[1]
      if (typeof channels !== 'number') {
        throw new ShapeError({
          where,
          expected: 'a known number of channels',
          received: `shape ${formatShape(x.shape)} (channels first)`,
        })
      }
      const kernel = scope.weight('kernel', { shape: [...kernelSize, channels, 4 * filters], ...weights.kernel })
      const recurrent = scope.weight('recurrent_kernel', {
        shape: [...kernelSize, filters, 4 * filters],
        ...weights.recurrent,
      })
      const bias = config.useBias
        ? scope.weight('bias', { ...weights.bias, shape: [4 * filters], initializer })
        : undefined
      const entering = maskedProduct(
        x,
        transpose(kernel, { perm }),
        4,
        dropoutMasks(scope, config, 'dropout', x, 4),
        (value, part) => conv(value, part, undefined, { strides, dilations: dilationRate, pads: entryPads(x.shape) }),
        0,
      )
      const returning = maskedProduct(
        h,
        transpose(recurrent, { perm }),
        4,
        dropoutMasks(scope, config, 'recurrentDropout', h, 4),
        (value, part) => conv(value, part, undefined, { pads: statePads }),
        0,
      )
      const offset = bias && reshape(bias, ints([1, 4 * filters, ...ones]))
      return lstmStep(add(offset ? add(entering, offset) : entering, returning), c, 1, gate, activation)
    },
  })
}

function spatialSizes(where: string, entry: Shape, rank: number): readonly number[] {
  const sizes = entry.slice(2)
  const known = sizes.flatMap(size => (typeof size === 'number' ? [size] : []))
  if (sizes.length === rank && known.length === rank) return known
  throw new ShapeError({
    where,
    expected: `sequences of images with ${rank} spatial ax${rank === 1 ? 'is' : 'es'} of known size`,
    received: `steps of shape ${formatShape(entry)} (channels first)`,
  })
}
