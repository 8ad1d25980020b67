import { sizeOf } from '../../../core/shape.ts'
import { ints } from '../../../ops/constants.ts'
import { reshape } from '../../../ops/shape/reshape.ts'
import type { Layer } from '../../layer.ts'
import { makeLayer } from '../../make-layer.ts'

/** [batch, a, b, …] → [batch, a·b·…], in row-major order. */
export const flatten = (options: { readonly name?: string } = {}): Layer =>
  makeLayer({
    type: 'Flatten',
    name: options.name,
    config: {},
    call: ([x]) => reshape(x, ints([0, sizeOf(x.shape.slice(1))])),
  })
