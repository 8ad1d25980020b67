import { ShapeError } from '../../../core/errors.ts'
import { formatShape } from '../../../core/shape.ts'
import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { gather } from '../../../ops/index/gather.ts'
import { concat } from '../../../ops/shape/concat.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import type { AdaptivePoolShape } from '../../shapes/spatial.ts'
import { type CommonOptions, common, type DataFormat, dataFormat } from '../options.ts'
import { fromEngine, requireSpatial, type Sizes, sizes, toEngine } from '../spatial.ts'
import { pools } from './pooling.ts'

interface AdaptivePoolingOptions<Size extends Sizes> extends CommonOptions {
  /** Size of the output, one number for all spatial axes or one for each. */
  readonly outputSize: Size
  /** Where the channels are. Default 'channelsLast'. */
  readonly dataFormat?: DataFormat
}

export type AdaptivePooling1dOptions = AdaptivePoolingOptions<number | readonly [number]>
export type AdaptivePooling2dOptions = AdaptivePoolingOptions<number | readonly [number, number]>
export type AdaptivePooling3dOptions = AdaptivePoolingOptions<number | readonly [number, number, number]>

/*
 * Along an axis of n elements pooled to m, window i is [⌊i·n/m⌋, ⌈(i + 1)·n/m⌉): they cover the axis, and overlap where m does not
 * divide n. Spatial sizes must be known.
 */

/** Means over as many windows as asked for. [batch, steps, channels] → [batch, outputSize, channels]. */
export const adaptiveAveragePooling1d = <const O extends AdaptivePooling1dOptions>(
  options: O,
): Layer<AdaptivePoolShape<'adaptiveAveragePooling1d', 1, O>> => pooling('average', 1, options)
/** Means over as many windows as asked for. [batch, height, width, channels] → [batch, …outputSize, channels]. */
export const adaptiveAveragePooling2d = <const O extends AdaptivePooling2dOptions>(
  options: O,
): Layer<AdaptivePoolShape<'adaptiveAveragePooling2d', 2, O>> => pooling('average', 2, options)
/** Means over as many windows as asked for. [batch, depth, height, width, channels] → [batch, …outputSize, channels]. */
export const adaptiveAveragePooling3d = <const O extends AdaptivePooling3dOptions>(
  options: O,
): Layer<AdaptivePoolShape<'adaptiveAveragePooling3d', 3, O>> => pooling('average', 3, options)

/** Maxima over as many windows as asked for. [batch, steps, channels] → [batch, outputSize, channels]. */
export const adaptiveMaxPooling1d = <const O extends AdaptivePooling1dOptions>(
  options: O,
): Layer<AdaptivePoolShape<'adaptiveMaxPooling1d', 1, O>> => pooling('max', 1, options)
/** Maxima over as many windows as asked for. [batch, height, width, channels] → [batch, …outputSize, channels]. */
export const adaptiveMaxPooling2d = <const O extends AdaptivePooling2dOptions>(
  options: O,
): Layer<AdaptivePoolShape<'adaptiveMaxPooling2d', 2, O>> => pooling('max', 2, options)
/** Maxima over as many windows as asked for. [batch, depth, height, width, channels] → [batch, …outputSize, channels]. */
export const adaptiveMaxPooling3d = <const O extends AdaptivePooling3dOptions>(
  options: O,
): Layer<AdaptivePoolShape<'adaptiveMaxPooling3d', 3, O>> => pooling('max', 3, options)

function pooling<F extends ShapeFunction>(
  kind: 'max' | 'average',
  rank: number,
  options: AdaptivePoolingOptions<Sizes>,
): Layer<F> {
  const where = `adaptive${kind === 'max' ? 'Max' : 'Average'}Pooling${rank}d`
  const config = {
    outputSize: sizes(where, 'outputSize', options.outputSize, rank),
    dataFormat: dataFormat(where, options.dataFormat),
  }
  return makeLayer({
    type: `Adaptive${kind === 'max' ? 'Max' : 'Average'}Pooling${rank}D`,
    ...common(where, options),
    config,
    call([input]) {
      requireSpatial(where, input, rank, config.dataFormat)
      const x = toEngine(input, config.dataFormat)
      const spatial = x.shape.slice(2).map(size => known(where, size, input))
      const windows = spatial.map((size, i) => size / (config.outputSize[i] ?? 1))
      const y = windows.every(Number.isInteger)
        ? pools[kind](x, { kernel_shape: windows, strides: windows })
        : // Windows are boxes, whose maximum (or mean, all rows being equally long) is taken one axis at a time.
          spatial.reduce((value, size, i) => alongAxis(kind, value, i, size, config.outputSize[i] ?? 1), x)
      return fromEngine(y, config.dataFormat)
    },
  })
}

/**
 * Pools one spatial axis. Its windows have at most two lengths, so that two poolings of stride 1 give all of them, of which the
 * wanted ones are picked.
 */
function alongAxis(kind: 'max' | 'average', x: Value, axis: number, size: number, wanted: number): Value {
  const windows = Array.from({ length: wanted }, (_, i) => {
    const start = Math.floor((i * size) / wanted)
    return { start, length: Math.ceil(((i + 1) * size) / wanted) - start }
  })
  const lengths = [...new Set(windows.map(window => window.length))].sort((a, b) => a - b)
  const ones = x.shape.slice(2).map(() => 1)
  const pooled = lengths.map(length =>
    length === 1 ? x : pools[kind](x, { kernel_shape: ones.with(axis, length), strides: ones }),
  )
  const all = concat(pooled, { axis: axis + 2 })
  // Where each length's results begin among all of them: one of length n has size − n + 1.
  const begin = (length: number) =>
    lengths.slice(0, lengths.indexOf(length)).reduce((sum, before) => sum + size - before + 1, 0)
  return gather(all, ints(windows.map(({ start, length }) => begin(length) + start)), { axis: axis + 2 })
}

function known(where: string, size: number | string, { shape }: Value): number {
  if (typeof size === 'number') return size
  throw new ShapeError({
    where,
    expected: 'spatial sizes that are known when the model is made, since the windows depend on them',
    received: `shape ${formatShape(shape)}`,
    remedy: 'Give input({ shape }) numbers, or use a global pooling layer.',
  })
}
