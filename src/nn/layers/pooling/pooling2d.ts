import { rebuild } from '../../../graph/rewrite.ts'
import type { Value } from '../../../graph/value.ts'
import { averagePool } from '../../../ops/nn/average-pool.ts'
import { maxPool } from '../../../ops/nn/max-pool.ts'
import type { Layer } from '../../layer.ts'
import { channelsFirst, channelsLast } from '../../layout.ts'
import { makeLayer } from '../../make-layer.ts'
import { oneOf, pair, type Size2d } from '../arguments.ts'
import { requireImage } from '../convolution/conv2d.ts'

export interface Pooling2dOptions {
  /** Height and width of the window. Default 2. */
  readonly poolSize?: Size2d
  /** Default: the window, so that windows do not overlap. */
  readonly strides?: Size2d
  readonly padding?: 'valid' | 'same'
  readonly name?: string
}

/** Maximum over windows. [batch, height, width, channels] → [batch, height′, width′, channels]. */
export const maxPooling2d = (options: Pooling2dOptions = {}): Layer =>
  pooling('MaxPooling2D', 'maxPooling2d', options, (x, attributes) =>
    maxOfActivation(x, before => maxPool(before, attributes).y),
  )

/** Mean over windows; padding does not count. */
export const averagePooling2d = (options: Pooling2dOptions = {}): Layer =>
  pooling('AveragePooling2D', 'averagePooling2d', options, averagePool)

interface PoolAttributes {
  readonly kernel_shape: readonly number[]
  readonly strides: readonly number[]
  readonly auto_pad: string
}

function pooling(
  type: string,
  name: string,
  options: Pooling2dOptions,
  pool: (x: Value, attributes: PoolAttributes) => Value,
): Layer {
  const poolSize = pair(name, 'poolSize', options.poolSize ?? 2)
  const config = {
    poolSize,
    strides: pair(name, 'strides', options.strides ?? poolSize),
    padding: oneOf(name, 'padding', options.padding ?? 'valid', ['valid', 'same']),
  }
  return makeLayer({
    type,
    name: options.name,
    config,
    call([x]) {
      requireImage(name, x)
      const y = pool(channelsFirst(x), {
        kernel_shape: config.poolSize,
        strides: config.strides,
        auto_pad: config.padding === 'same' ? 'SAME_UPPER' : 'VALID',
      })
      return channelsLast(y)
    },
  })
}

/** max(f(x)) = f(max(x)) for a nondecreasing f such as relu, which then runs on fewer elements, forward and backward. */
function maxOfActivation(x: Value, pool: (x: Value) => Value): Value {
  const before = x.node?.operator?.traits.nondecreasing ? x.node.inputs[0] : undefined
  if (!x.node || !before) return pool(x)
  return rebuild(x.node, [pool(before)]).outputs[0] ?? pool(x)
}
