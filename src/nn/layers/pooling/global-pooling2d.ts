import type { Value } from '../../../graph/value.ts'
import { ints } from '../../../ops/constants.ts'
import { reduceMax } from '../../../ops/reduce/reduce-max.ts'
import { reduceMean } from '../../../ops/reduce/reduce-mean.ts'
import type { Layer } from '../../layer.ts'
import { channelsFirst } from '../../layout.ts'
import { makeLayer } from '../../make-layer.ts'
import { requireImage } from '../convolution/conv2d.ts'

type Options = { readonly name?: string }

/** Mean over height and width: [batch, height, width, channels] → [batch, channels]. */
export const globalAveragePooling2d = (options: Options = {}): Layer =>
  globalPooling('GlobalAveragePooling2D', 'globalAveragePooling2d', options, x =>
    reduceMean(x, ints([2, 3]), { keepdims: 0 }),
  )

/** Maximum over height and width: [batch, height, width, channels] → [batch, channels]. */
export const globalMaxPooling2d = (options: Options = {}): Layer =>
  globalPooling('GlobalMaxPooling2D', 'globalMaxPooling2d', options, x => reduceMax(x, ints([2, 3]), { keepdims: 0 }))

const globalPooling = (type: string, label: string, { name }: Options, pool: (x: Value) => Value): Layer =>
  makeLayer({
    type,
    name,
    config: {},
    call([x]) {
      requireImage(label, x)
      return pool(channelsFirst(x))
    },
  })
