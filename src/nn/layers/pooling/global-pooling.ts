import type { Value } from '../../../graph/value.ts'
import { ints, scalarLike } from '../../../ops/constants.ts'
import { where as select } from '../../../ops/logic/where.ts'
import { cast } from '../../../ops/math/cast.ts'
import { div } from '../../../ops/math/div.ts'
import { reduceMax } from '../../../ops/reduce/reduce-max.ts'
import { reduceMean } from '../../../ops/reduce/reduce-mean.ts'
import { reduceSum } from '../../../ops/reduce/reduce-sum.ts'
import { unsqueeze } from '../../../ops/shape/unsqueeze.ts'
import type { Layer } from '../../layer.ts'
import { channelsLast } from '../../layout.ts'
import { makeLayer } from '../../make-layer.ts'
import type { ShapeFunction } from '../../shapes/shape-function.ts'
import type { GlobalPoolShape } from '../../shapes/spatial.ts'
import { type CommonOptions, common, type DataFormat, dataFormat } from '../options.ts'
import { beforeLayout, requireSpatial } from '../spatial.ts'

export interface GlobalPoolingOptions extends CommonOptions {
  /** Where the channels are. Default 'channelsLast'. */
  readonly dataFormat?: DataFormat
  /** Keep the spatial axes, with size 1. Default false. */
  readonly keepdims?: boolean
}

/** Mean over the steps that the mask keeps, or all. [batch, steps, channels] → [batch, channels]. */
export const globalAveragePooling1d = <const O extends GlobalPoolingOptions = Record<never, never>>(
  options?: O,
): Layer<GlobalPoolShape<'globalAveragePooling1d', 1, O>> => pooling('average', 1, options ?? {})
/** Mean over height and width. [batch, height, width, channels] → [batch, channels]. */
export const globalAveragePooling2d = <const O extends GlobalPoolingOptions = Record<never, never>>(
  options?: O,
): Layer<GlobalPoolShape<'globalAveragePooling2d', 2, O>> => pooling('average', 2, options ?? {})
/** Mean over depth, height and width. [batch, depth, height, width, channels] → [batch, channels]. */
export const globalAveragePooling3d = <const O extends GlobalPoolingOptions = Record<never, never>>(
  options?: O,
): Layer<GlobalPoolShape<'globalAveragePooling3d', 3, O>> => pooling('average', 3, options ?? {})

/** Maximum over the steps. [batch, steps, channels] → [batch, channels]. */
export const globalMaxPooling1d = <const O extends GlobalPoolingOptions = Record<never, never>>(
  options?: O,
): Layer<GlobalPoolShape<'globalMaxPooling1d', 1, O>> => pooling('max', 1, options ?? {})
/** Maximum over height and width. [batch, height, width, channels] → [batch, channels]. */
export const globalMaxPooling2d = <const O extends GlobalPoolingOptions = Record<never, never>>(
  options?: O,
): Layer<GlobalPoolShape<'globalMaxPooling2d', 2, O>> => pooling('max', 2, options ?? {})
/** Maximum over depth, height and width. [batch, depth, height, width, channels] → [batch, channels]. */
export const globalMaxPooling3d = <const O extends GlobalPoolingOptions = Record<never, never>>(
  options?: O,
): Layer<GlobalPoolShape<'globalMaxPooling3d', 3, O>> => pooling('max', 3, options ?? {})

function pooling<F extends ShapeFunction>(
  kind: 'max' | 'average',
  rank: number,
  options: GlobalPoolingOptions,
): Layer<F> {
  const where = `global${kind === 'max' ? 'Max' : 'Average'}Pooling${rank}d`
  const config = { dataFormat: dataFormat(where, options.dataFormat), keepdims: options.keepdims ?? false }
  const attributes = { keepdims: config.keepdims ? 1 : 0 }
  return makeLayer({
    type: `Global${kind === 'max' ? 'Max' : 'Average'}Pooling${rank}D`,
    ...common(where, options),
    config,
    call([x], { masks: [mask] }) {
      requireSpatial(where, x, rank, config.dataFormat)
      if (kind === 'average' && rank === 1 && mask) return meanOfKept(x, mask)
      // A value that comes from the engine's layout is reduced there, which saves the transpose.
      const before = config.dataFormat === 'channelsLast' ? beforeLayout(x) : x
      const first = before ? 2 : 1
      const axes = ints(Array.from({ length: rank }, (_, i) => first + i))
      const reduce = kind === 'max' ? reduceMax : reduceMean
      const y = reduce(before ?? x, axes, attributes)
      return config.keepdims && config.dataFormat === 'channelsLast' && before ? channelsLast(y) : y
    },
  })

  /** Σ x·[kept] / Σ [kept] over the steps; NaN, as in Keras, where none is kept. */
  function meanOfKept(x: Value, mask: Value): Value {
    const steps = config.dataFormat === 'channelsLast' ? 1 : 2
    const kept = unsqueeze(mask, ints([3 - steps]))
    const axes = ints([steps])
    const sum = reduceSum(select(kept, x, scalarLike(0, x)), axes, attributes)
    return div(sum, reduceSum(cast(kept, { to: x.dtype }), axes, attributes))
  }
}
