import { rebuild } from '../../../graph/rewrite.ts'
import type { Value } from '../../../graph/value.ts'
import { averagePool } from '../../../ops/nn/average-pool.ts'
import { maxPool } from '../../../ops/nn/max-pool.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import type { PoolShape } from '../../shapes/spatial.ts'
import { oneOf } from '../arguments.ts'
import { type CommonOptions, common, type DataFormat, dataFormat } from '../options.ts'
import { fromEngine, requireSpatial, type Sizes, samePads, sizes, toEngine } from '../spatial.ts'

interface PoolingOptions<Size extends Sizes> extends CommonOptions {
  /** Size of the window, one number for all spatial axes or one for each. Default 2. */
  readonly poolSize?: Size
  /** Default: the window, so that windows do not overlap. */
  readonly strides?: Size | null
  /** 'valid', the default, leaves out what does not fill a window; 'same' makes the output ⌈input / stride⌉ long. */
  readonly padding?: 'valid' | 'same'
  /** Where the channels are. Default 'channelsLast'. */
  readonly dataFormat?: DataFormat
}

export type Pooling1dOptions = PoolingOptions<number | readonly [number]>
export type Pooling2dOptions = PoolingOptions<number | readonly [number, number]>
export type Pooling3dOptions = PoolingOptions<number | readonly [number, number, number]>

/** Maximum over windows. [batch, steps, channels] → [batch, steps′, channels]. */
export const maxPooling1d = <const O extends Pooling1dOptions = Record<never, never>>(
  options?: O,
): Layer<PoolShape<'maxPooling1d', 1, O>> => pooling('max', 1, options ?? {})
/** Maximum over windows. [batch, height, width, channels] → [batch, height′, width′, channels]. */
export const maxPooling2d = <const O extends Pooling2dOptions = Record<never, never>>(
  options?: O,
): Layer<PoolShape<'maxPooling2d', 2, O>> => pooling('max', 2, options ?? {})
/** Maximum over windows. [batch, depth, height, width, channels] → [batch, depth′, height′, width′, channels]. */
export const maxPooling3d = <const O extends Pooling3dOptions = Record<never, never>>(
  options?: O,
): Layer<PoolShape<'maxPooling3d', 3, O>> => pooling('max', 3, options ?? {})

/** Mean over windows; padding does not count. [batch, steps, channels] → [batch, steps′, channels]. */
export const averagePooling1d = <const O extends Pooling1dOptions = Record<never, never>>(
  options?: O,
): Layer<PoolShape<'averagePooling1d', 1, O>> => pooling('average', 1, options ?? {})
/** Mean over windows; padding does not count. [batch, height, width, channels] → [batch, height′, width′, channels]. */
export const averagePooling2d = <const O extends Pooling2dOptions = Record<never, never>>(
  options?: O,
): Layer<PoolShape<'averagePooling2d', 2, O>> => pooling('average', 2, options ?? {})
/** Mean over windows; padding does not count. [batch, depth, height, width, channels] → [batch, depth′, height′, width′, channels]. */
export const averagePooling3d = <const O extends Pooling3dOptions = Record<never, never>>(
  options?: O,
): Layer<PoolShape<'averagePooling3d', 3, O>> => pooling('average', 3, options ?? {})

interface PoolAttributes {
  readonly kernel_shape: readonly number[]
  readonly strides: readonly number[]
  readonly pads?: readonly number[]
  readonly auto_pad?: string
}

/** The two kinds of pooling on values [batch, channels, …spatial]. */
export const pools = {
  max: (x: Value, attributes: PoolAttributes): Value => maxOfActivation(x, before => maxPool(before, attributes).y),
  average: (x: Value, attributes: PoolAttributes): Value => averagePool(x, attributes),
}

function pooling<F extends ShapeFunction>(
  kind: 'max' | 'average',
  rank: number,
  options: PoolingOptions<Sizes>,
): Layer<F> {
  const where = `${kind}Pooling${rank}d`
  const poolSize = sizes(where, 'poolSize', options.poolSize ?? 2, rank)
  const config = {
    poolSize,
    strides: sizes(where, 'strides', options.strides ?? poolSize, rank),
    padding: oneOf(where, 'padding', options.padding ?? 'valid', ['valid', 'same']),
    dataFormat: dataFormat(where, options.dataFormat),
  }
  return makeLayer({
    type: `${kind === 'max' ? 'Max' : 'Average'}Pooling${rank}D`,
    ...common(where, options),
    config,
    call([x]) {
      requireSpatial(where, x, rank, config.dataFormat)
      const inside = toEngine(x, config.dataFormat)
      const window = {
        kernelSize: config.poolSize,
        strides: config.strides,
        dilationRate: config.poolSize.map(() => 1),
      }
      const y = pools[kind](inside, {
        kernel_shape: config.poolSize,
        strides: config.strides,
        ...(config.padding === 'same' ? samePads(inside.shape.slice(2), window) : {}),
      })
      return fromEngine(y, config.dataFormat)
    },
  })
}

/** max(f(x)) = f(max(x)) for a nondecreasing f such as relu, which then runs on fewer elements, forward and backward. */
function maxOfActivation(x: Value, pool: (x: Value) => Value): Value {
  const before = x.node?.operator?.traits.nondecreasing ? x.node.inputs[0] : undefined
  if (!x.node || !before) return pool(x)
  return rebuild(x.node, [pool(before)]).outputs[0] ?? pool(x)
}
