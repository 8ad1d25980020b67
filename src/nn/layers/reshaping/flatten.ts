import { isStatic, sizeOf } from '../../../core/shape.ts'
import { ints } from '../../../ops/constants.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import type { Layer } from '../../layer.ts'
import { channelsLast } from '../../layout.ts'
import { makeLayer } from '../../make-layer.ts'
import type { Flat } from '../../shapes/functions.ts'
import { type CommonOptions, common, type DataFormat, dataFormat } from '../options.ts'

export interface FlattenOptions extends CommonOptions {
  /** With 'channelsFirst' the channels are moved to the end first, so that the order is that of 'channelsLast', the default. */
  readonly dataFormat?: DataFormat
}

/** [batch, a, b, …] → [batch, a·b·…], in row-major order. */
export function flatten(options: FlattenOptions = {}): Layer<Flat> {
  const config = { dataFormat: dataFormat('flatten', options.dataFormat) }
  return makeLayer({
    type: 'Flatten',
    ...common('flatten', options),
    config,
    call([input]) {
      const x = config.dataFormat === 'channelsFirst' && input.shape.length > 2 ? channelsLast(input) : input
      const sizes = x.shape.slice(1)
      return reshape(x, ints([0, isStatic(sizes) ? sizeOf(sizes) : -1]))
    },
  })
}
