import { ArgumentError } from '../../../core/errors.ts'
import { convTranspose } from '../../../ops/nn/conv-transpose.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import type { ConvTransposeShape } from '../../shapes/spatial.ts'
import { positiveInt } from '../arguments.ts'
import { common, weightRules } from '../options.ts'
import { requireChannels, type Sizes, sizes, toEngine, type Window } from '../spatial.ts'
import { biasOf, engineKernelPerm, type KernelOptions, outputOf, type WindowOptions, windowConfig } from './options.ts'

interface ConvTransposeOptions<Size extends Sizes> extends Omit<WindowOptions<Size>, 'padding'>, KernelOptions {
  /** Channels of the output. */
  readonly filters: number
  /**
   * Without `outputPadding`, 'same' makes the output input · stride long, and 'valid' (input − 1) · stride + max(extent, stride), where
   * extent = (kernelSize − 1) · dilationRate + 1.
   */
  readonly padding?: 'valid' | 'same'
  /**
   * Elements added at the end, below the stride: 'valid' makes the output (input − 1) · stride + extent + outputPadding long, 'same'
   * (input − 1) · stride + extent mod 2 + outputPadding. Default null, for the sizes above.
   */
  readonly outputPadding?: Size | null
}

export type Conv1dTransposeOptions = ConvTransposeOptions<number | readonly [number]>
export type Conv2dTransposeOptions = ConvTransposeOptions<number | readonly [number, number]>
export type Conv3dTransposeOptions = ConvTransposeOptions<number | readonly [number, number, number]>

/** Transposed 1-D convolution. Input [batch, steps, in], kernel [size, filters, in], output [batch, steps′, filters]. */
export const conv1dTranspose = <const O extends Conv1dTransposeOptions>(
  options: O,
): Layer<ConvTransposeShape<'conv1dTranspose', 1, O>> => transposed('conv1dTranspose', 1, options)

/** Transposed 2-D convolution. Input [batch, height, width, in], kernel [kh, kw, filters, in], output [batch, height′, width′, filters]. */
export const conv2dTranspose = <const O extends Conv2dTransposeOptions>(
  options: O,
): Layer<ConvTransposeShape<'conv2dTranspose', 2, O>> => transposed('conv2dTranspose', 2, options)

/**
 * Transposed 3-D convolution. Input [batch, depth, height, width, in], kernel [kd, kh, kw, filters, in], output
 * [batch, depth′, height′, width′, filters].
 */
export const conv3dTranspose = <const O extends Conv3dTransposeOptions>(
  options: O,
): Layer<ConvTransposeShape<'conv3dTranspose', 3, O>> => transposed('conv3dTranspose', 3, options)

function transposed<F extends ShapeFunction>(
  where: string,
  rank: number,
  options: ConvTransposeOptions<Sizes>,
): Layer<F> {
  const { outputPadding } = options
  const config = {
    filters: positiveInt(where, 'filters', options.filters),
    ...windowConfig(where, rank, options),
    outputPadding:
      outputPadding === undefined || outputPadding === null
        ? null
        : sizes(where, 'outputPadding', outputPadding, rank, 0),
    kernelInitializer: options.kernelInitializer ?? 'glorotUniform',
    kernelRegularizer: options.kernelRegularizer ?? null,
    kernelConstraint: options.kernelConstraint ?? null,
  }
  if (config.outputPadding?.some((size, i) => size >= (config.strides[i] ?? 1))) {
    throw new ArgumentError({
      where,
      expected: `'outputPadding' below the strides (${config.strides.join(', ')})`,
      received: config.outputPadding.join(', '),
    })
  }
  const rules = weightRules(where, config.kernelInitializer, config.kernelRegularizer, config.kernelConstraint)
  const bias = biasOf(where, config)
  const output = outputOf(where, config)
  const { pads, outputPadding: extra } = padsOf(config)
  return makeLayer({
    type: `Conv${rank}DTranspose`,
    ...common(where, options),
    config,
    call([input], scope) {
      const channels = requireChannels(where, input, rank, config.dataFormat)
      const kernel = scope.weight('kernel', { shape: [...config.kernelSize, config.filters, channels], ...rules })
      const y = convTranspose(
        toEngine(input, config.dataFormat),
        transpose(kernel, { perm: engineKernelPerm(rank) }),
        bias(scope, config.filters),
        { strides: config.strides, dilations: config.dilationRate, pads, output_padding: extra },
      )
      return output(scope, y)
    },
  })
}

/**
 * What is taken off the full output, (input − 1) · stride + extent, to leave the size asked for: half at the beginning, rounded
 * down, as TensorFlow does; or, if that is longer, what is added at the end. It does not depend on the input's size.
 */
function padsOf(config: Window & { readonly padding: string; readonly outputPadding: readonly number[] | null }) {
  const axes = config.kernelSize.map((size, i) => {
    const [stride = 1, dilation = 1] = [config.strides[i], config.dilationRate[i]]
    const extent = (size - 1) * dilation + 1
    const more = config.outputPadding?.[i]
    const excess =
      config.padding === 'same'
        ? more === undefined
          ? extent - stride
          : extent - (extent % 2) - more
        : -(more ?? Math.max(extent, stride) - extent)
    const before = Math.max(0, Math.floor(excess / 2))
    return { before, after: Math.max(0, excess - before), extra: Math.max(0, -excess) }
  })
  return {
    pads: [...axes.map(axis => axis.before), ...axes.map(axis => axis.after)],
    outputPadding: axes.map(axis => axis.extra),
  }
}
