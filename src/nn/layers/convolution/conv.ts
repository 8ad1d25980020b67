import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import { conv } from '../../../ops/nn/conv.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import type { ConvShape } from '../../shapes/spatial.ts'
import { positiveInt } from '../arguments.ts'
import { adapted, type LoraOptions, loraOf } from '../lora.ts'
import { common, weightRules } from '../options.ts'
import { type Pads, requireChannels, type Sizes, samePads, toEngine, type Window } from '../spatial.ts'
import { biasOf, engineKernelPerm, type KernelOptions, outputOf, type WindowOptions, windowConfig } from './options.ts'

interface ConvOptions<Size extends Sizes> extends WindowOptions<Size>, KernelOptions, LoraOptions {
  /** Channels of the output. */
  readonly filters: number
  /** Input and output channels are split into this many groups, each convolved on its own. Default 1. */
  readonly groups?: number
}

export interface Conv1dOptions extends Omit<ConvOptions<number | readonly [number]>, 'padding'> {
  /** 'causal' pads at the beginning only, so that no output depends on later steps. */
  readonly padding?: 'valid' | 'same' | 'causal'
}
export type Conv2dOptions = ConvOptions<number | readonly [number, number]>
export type Conv3dOptions = ConvOptions<number | readonly [number, number, number]>

/**
 * 1-D convolution. Input [batch, steps, in], kernel [size, in / groups, filters], bias [filters], output [batch, steps′, filters];
 * with `dataFormat: 'channelsFirst'` input [batch, in, steps] and output [batch, filters, steps′].
 */
export const conv1d = <const O extends Conv1dOptions>(options: O): Layer<ConvShape<'conv1d', 1, O>> =>
  convolution('conv1d', 1, options)

/**
 * 2-D convolution. Input [batch, height, width, in], kernel [kh, kw, in / groups, filters], bias [filters], output
 * [batch, height′, width′, filters]; channels come second with `dataFormat: 'channelsFirst'`.
 */
export const conv2d = <const O extends Conv2dOptions>(options: O): Layer<ConvShape<'conv2d', 2, O>> =>
  convolution('conv2d', 2, options)

/**
 * 3-D convolution. Input [batch, depth, height, width, in], kernel [kd, kh, kw, in / groups, filters], bias [filters], output
 * [batch, depth′, height′, width′, filters]; channels come second with `dataFormat: 'channelsFirst'`.
 */
export const conv3d = <const O extends Conv3dOptions>(options: O): Layer<ConvShape<'conv3d', 3, O>> =>
  convolution('conv3d', 3, options)

function convolution<F extends ShapeFunction>(
  where: string,
  rank: number,
  options: Omit<ConvOptions<Sizes>, 'padding'> & { readonly padding?: string },
): Layer<F> {
  const config = {
    filters: positiveInt(where, 'filters', options.filters),
    ...windowConfig(where, rank, options, ['valid', 'same', ...(rank === 1 ? ['causal'] : [])]),
    groups: positiveInt(where, 'groups', options.groups ?? 1),
    kernelInitializer: options.kernelInitializer ?? 'glorotUniform',
    kernelRegularizer: options.kernelRegularizer ?? null,
    kernelConstraint: options.kernelConstraint ?? null,
    loraRank: options.loraRank ?? null,
    loraAlpha: options.loraAlpha ?? null,
  }
  if (config.filters % config.groups !== 0) {
    throw new ArgumentError({
      where,
      expected: `'filters' to be a multiple of 'groups' (${config.groups})`,
      received: String(config.filters),
    })
  }
  const rules = weightRules(where, config.kernelInitializer, config.kernelRegularizer, config.kernelConstraint)
  const lora = loraOf(where, config, rules)
  const bias = biasOf(where, config)
  const output = outputOf(where, config)
  return makeLayer({
    type: `Conv${rank}D`,
    ...common(where, options),
    config,
    call([input], scope) {
      const channels = requireChannels(where, input, rank, config.dataFormat)
      if (channels % config.groups !== 0) {
        throw new ShapeError({
          where,
          expected: `channels in multiples of 'groups' (${config.groups})`,
          received: `shape ${formatShape(input.shape)}`,
        })
      }
      const shape = [...config.kernelSize, channels / config.groups, config.filters]
      const kernel = scope.weight('kernel', { shape, ...rules, trainable: !lora })
      const b = bias(scope, config.filters)
      const x = toEngine(input, config.dataFormat)
      const w = transpose(adapted(scope, 'kernel', kernel, shape, lora, rules), { perm: engineKernelPerm(rank) })
      const y = conv(x, w, b, {
        strides: config.strides,
        dilations: config.dilationRate,
        group: config.groups,
        ...padsOf(config, x.shape.slice(2)),
      })
      return output(scope, y)
    },
  })
}

function padsOf(config: Window & { readonly padding: string }, spatial: Parameters<typeof samePads>[0]): Pads {
  if (config.padding === 'same') return samePads(spatial, config)
  const [size = 1] = config.kernelSize
  const [rate = 1] = config.dilationRate
  if (config.padding === 'causal') return { pads: [rate * (size - 1), 0] }
  return { pads: spatial.flatMap(() => [0, 0]) }
}
