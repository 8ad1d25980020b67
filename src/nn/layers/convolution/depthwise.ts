import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { conv } from '../../../ops/nn/conv.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import type { ConvShape, DepthwiseShape } from '../../shapes/spatial.ts'
import { positiveInt } from '../arguments.ts'
import {
  type ConstraintOption,
  common,
  type InitializerOption,
  type RegularizerOption,
  weightRules,
} from '../options.ts'
import { requireChannels, type Sizes, samePads, toEngine, type Window } from '../spatial.ts'
import { biasOf, engineKernelPerm, outputOf, type WindowOptions, windowConfig } from './options.ts'

interface DepthwiseOptions {
  /** Outputs for each input channel. Default 1. */
  readonly depthMultiplier?: number
  readonly depthwiseInitializer?: InitializerOption
  readonly depthwiseRegularizer?: RegularizerOption
  readonly depthwiseConstraint?: ConstraintOption
}

interface SeparableOptions extends DepthwiseOptions {
  /** Channels of the output. */
  readonly filters: number
  readonly pointwiseInitializer?: InitializerOption
  readonly pointwiseRegularizer?: RegularizerOption
  readonly pointwiseConstraint?: ConstraintOption
}

type Size1d = number | readonly [number]
type Size2d = number | readonly [number, number]
export interface DepthwiseConv1dOptions extends WindowOptions<Size1d>, DepthwiseOptions {}
export interface DepthwiseConv2dOptions extends WindowOptions<Size2d>, DepthwiseOptions {}
export interface SeparableConv1dOptions extends WindowOptions<Size1d>, SeparableOptions {}
export interface SeparableConv2dOptions extends WindowOptions<Size2d>, SeparableOptions {}

/**
 * Convolves each channel on its own. Input [batch, steps, in], kernel [size, in, depthMultiplier], output
 * [batch, steps′, in · depthMultiplier].
 */
export const depthwiseConv1d = <const O extends DepthwiseConv1dOptions>(
  options: O,
): Layer<DepthwiseShape<'depthwiseConv1d', 1, O>> => depthwise('depthwiseConv1d', 1, options)

/**
 * Convolves each channel on its own. Input [batch, height, width, in], kernel [kh, kw, in, depthMultiplier], output
 * [batch, height′, width′, in · depthMultiplier].
 */
export const depthwiseConv2d = <const O extends DepthwiseConv2dOptions>(
  options: O,
): Layer<DepthwiseShape<'depthwiseConv2d', 2, O>> => depthwise('depthwiseConv2d', 2, options)

/**
 * A depthwise convolution, then one of size 1 that mixes its channels. Input [batch, steps, in], depthwise kernel
 * [size, in, depthMultiplier], pointwise kernel [1, in · depthMultiplier, filters], output [batch, steps′, filters].
 */
export const separableConv1d = <const O extends SeparableConv1dOptions>(
  options: O,
): Layer<ConvShape<'separableConv1d', 1, O>> => separable('separableConv1d', 1, options)

/**
 * A depthwise convolution, then one of size 1 that mixes its channels. Input [batch, height, width, in], depthwise kernel
 * [kh, kw, in, depthMultiplier], pointwise kernel [1, 1, in · depthMultiplier, filters], output [batch, height′, width′, filters].
 */
export const separableConv2d = <const O extends SeparableConv2dOptions>(
  options: O,
): Layer<ConvShape<'separableConv2d', 2, O>> => separable('separableConv2d', 2, options)

const depthwiseConfig = (where: string, options: DepthwiseOptions) => ({
  depthMultiplier: positiveInt(where, 'depthMultiplier', options.depthMultiplier ?? 1),
  depthwiseInitializer: options.depthwiseInitializer ?? 'glorotUniform',
  depthwiseRegularizer: options.depthwiseRegularizer ?? null,
  depthwiseConstraint: options.depthwiseConstraint ?? null,
})

function depthwise<F extends ShapeFunction>(
  where: string,
  rank: number,
  options: WindowOptions<Sizes> & DepthwiseOptions,
): Layer<F> {
  const config = { ...windowConfig(where, rank, options), ...depthwiseConfig(where, options) }
  const rules = weightRules(where, config.depthwiseInitializer, config.depthwiseRegularizer, config.depthwiseConstraint)
  const bias = biasOf(where, config)
  const output = outputOf(where, config)
  return makeLayer({
    type: `DepthwiseConv${rank}D`,
    ...common(where, options),
    config,
    call([input], scope) {
      const channels = requireChannels(where, input, rank, config.dataFormat)
      const shape = [...config.kernelSize, channels, config.depthMultiplier]
      const kernel = scope.weight('kernel', { shape, ...rules })
      const b = bias(scope, channels * config.depthMultiplier)
      return output(scope, eachChannel(toEngine(input, config.dataFormat), kernel, b, config, shape))
    },
  })
}

function separable<F extends ShapeFunction>(
  where: string,
  rank: number,
  options: WindowOptions<Sizes> & SeparableOptions,
): Layer<F> {
  const config = {
    filters: positiveInt(where, 'filters', options.filters),
    ...windowConfig(where, rank, options),
    ...depthwiseConfig(where, options),
    pointwiseInitializer: options.pointwiseInitializer ?? 'glorotUniform',
    pointwiseRegularizer: options.pointwiseRegularizer ?? null,
    pointwiseConstraint: options.pointwiseConstraint ?? null,
  }
  const rules = weightRules(where, config.depthwiseInitializer, config.depthwiseRegularizer, config.depthwiseConstraint)
  const mixing = weightRules(
    where,
    config.pointwiseInitializer,
    config.pointwiseRegularizer,
    config.pointwiseConstraint,
  )
  const bias = biasOf(where, config)
  const output = outputOf(where, config)
  return makeLayer({
    type: `SeparableConv${rank}D`,
    ...common(where, options),
    config,
    call([input], scope) {
      const channels = requireChannels(where, input, rank, config.dataFormat)
      const shape = [...config.kernelSize, channels, config.depthMultiplier]
      const kernel = scope.weight('depthwise_kernel', { shape, ...rules })
      const pointwise = scope.weight('pointwise_kernel', {
        shape: [...new Array<number>(rank).fill(1), channels * config.depthMultiplier, config.filters],
        ...mixing,
      })
      const b = bias(scope, config.filters)
      const apart = eachChannel(toEngine(input, config.dataFormat), kernel, undefined, config, shape)
      return output(scope, conv(apart, transpose(pointwise, { perm: engineKernelPerm(rank) }), b, {}))
    },
  })
}

/** The depthwise kernel as a grouped one: [...window, in, multiplier] → [in · multiplier, 1, ...window]. */
function eachChannel(
  x: Value,
  kernel: Value,
  bias: Value | undefined,
  config: Window & { readonly padding: string },
  shape: readonly number[],
): Value {
  const window = config.kernelSize
  const rank = window.length
  const [channels = 1, multiplier = 1] = shape.slice(rank)
  const apart = transpose(kernel, { perm: [rank, rank + 1, ...window.map((_, i) => i)] })
  return conv(x, reshape(apart, ints([channels * multiplier, 1, ...window])), bias, {
    strides: config.strides,
    dilations: config.dilationRate,
    group: channels,
    ...(config.padding === 'same' ? samePads(x.shape.slice(2), config) : {}),
  })
}
