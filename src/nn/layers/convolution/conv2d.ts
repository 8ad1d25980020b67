import { ArgumentError, ShapeError } from '../../../core/errors.ts'
import { type Dim, formatShape, staticDim } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { conv } from '../../../ops/nn/conv.ts'
import { transpose } from '../../../ops/shape/transpose.ts'
import { type Activation, isElementwise, resolveActivation } from '../../activations.ts'
import { type Initializer, type InitializerName, resolveInitializer } from '../../initializers.ts'
import type { Layer } from '../../layer.ts'
import { channelsFirst, channelsLast } from '../../layout.ts'
import { makeLayer } from '../../make-layer.ts'
import { oneOf, pair, positiveInt, type Size2d } from '../arguments.ts'

export interface Conv2dOptions {
  /** Channels of the output. */
  readonly filters: number
  /** Height and width of the window. */
  readonly kernelSize: Size2d
  readonly strides?: Size2d
  readonly padding?: 'valid' | 'same'
  readonly dilationRate?: Size2d
  readonly groups?: number
  readonly activation?: Activation
  readonly useBias?: boolean
  readonly kernelInitializer?: InitializerName | Initializer
  readonly biasInitializer?: InitializerName | Initializer
  readonly name?: string
}

/**
 * 2-D convolution, channels last. Input [batch, height, width, in], kernel [kh, kw, in / groups, filters], bias [filters],
 * output [batch, height′, width′, filters].
 */
export function conv2d(options: Conv2dOptions): Layer {
  const config = {
    filters: positiveInt('conv2d', 'filters', options.filters),
    kernelSize: pair('conv2d', 'kernelSize', options.kernelSize),
    strides: pair('conv2d', 'strides', options.strides ?? 1),
    padding: oneOf('conv2d', 'padding', options.padding ?? 'valid', ['valid', 'same']),
    dilationRate: pair('conv2d', 'dilationRate', options.dilationRate ?? 1),
    groups: positiveInt('conv2d', 'groups', options.groups ?? 1),
    activation: options.activation ?? 'linear',
    useBias: options.useBias ?? true,
    kernelInitializer: options.kernelInitializer ?? 'glorotUniform',
    biasInitializer: options.biasInitializer ?? 'zeros',
  }
  if (config.filters % config.groups !== 0) {
    throw new ArgumentError({
      where: 'conv2d',
      expected: `'filters' to be a multiple of 'groups' (${config.groups})`,
      received: String(config.filters),
    })
  }
  const activation = resolveActivation(config.activation, 'conv2d')
  const kernelInitializer = resolveInitializer(config.kernelInitializer, 'conv2d')
  const biasInitializer = resolveInitializer(config.biasInitializer, 'conv2d')
  return makeLayer({
    type: 'Conv2D',
    name: options.name,
    config,
    call([x], scope) {
      const channels = requireImage('conv2d', x)
      if (channels % config.groups !== 0) {
        throw new ShapeError({
          where: 'conv2d',
          expected: `channels in multiples of 'groups' (${config.groups})`,
          received: `shape ${formatShape(x.shape)}`,
        })
      }
      const kernel = scope.weight('kernel', {
        shape: [...config.kernelSize, channels / config.groups, config.filters],
        initializer: kernelInitializer,
      })
      const bias = config.useBias
        ? scope.weight('bias', { shape: [config.filters], initializer: biasInitializer })
        : undefined
      const y = conv(channelsFirst(x), transpose(kernel, { perm: [3, 2, 0, 1] }), bias, {
        strides: config.strides,
        dilations: config.dilationRate,
        group: config.groups,
        pads: config.padding === 'same' ? samePads(x.shape.slice(1, 3), config) : [0, 0, 0, 0],
      })
      // Elementwise activations go before the change of layout, so that a following layer can cancel it.
      return isElementwise(config.activation) ? channelsLast(activation(y)) : activation(channelsLast(y))
    },
  })
}

/** Checks for [batch, height, width, channels]; returns the channels. */
export function requireImage(layer: string, x: Value): number {
  const channels = x.shape.at(-1)
  if (x.shape.length === 4 && typeof channels === 'number') return channels
  throw new ShapeError({
    where: layer,
    expected: 'images of shape [batch, height, width, channels]',
    received: `shape ${formatShape(x.shape)}`,
    remedy:
      x.shape.length === 3
        ? 'Grey images need a channel axis: [28, 28] becomes [28, 28, 1].'
        : 'Reshape the input, or put this layer before flatten.',
  })
}

/**
 * TensorFlow's 'same' padding, the odd element at the end: output size ⌈size / stride⌉. Spelled out, since the engine's own
 * `auto_pad` does not know dilations.
 */
function samePads(sizes: readonly Dim[], config: SamePadding): number[] {
  const totals = sizes.map((size, i) => {
    const [stride = 1, window = 1, dilation = 1] = [config.strides[i], config.kernelSize[i], config.dilationRate[i]]
    const known = staticDim(size, sizes)
    return Math.max(0, (Math.ceil(known / stride) - 1) * stride + (window - 1) * dilation + 1 - known)
  })
  return [...totals.map(total => Math.floor(total / 2)), ...totals.map(total => Math.ceil(total / 2))]
}

interface SamePadding {
  readonly strides: readonly number[]
  readonly kernelSize: readonly number[]
  readonly dilationRate: readonly number[]
}
