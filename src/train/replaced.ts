import { sizeOf } from '../core/shape.ts'
import type { Trace } from '../nn/network.ts'
import { constant, ints } from '../ops/constants.ts'
import { add } from '../ops/math/add.ts'
import { sub } from '../ops/math/sub.ts'
import { concat } from '../ops/shape/concat.ts'
import { reshape } from '../ops/shape/reshape.ts'
import type { Slab } from './state.ts'

/**
 * A layer may replace a weight that is trained (spectral normalisation divides its kernel). As in Keras the layer comes first and
 * the optimizer's update is applied to what it leaves: w ← replaced + (updated − w).
 */
export function withReplaced(slab: Slab, { updates }: Trace): Slab {
  const { output, length } = slab
  if (!output || !slab.views.some(({ variable }) => variable && updates.has(variable))) return slab
  const zeros = (count: number) => (count > 0 ? [constant(new Array<number>(count).fill(0), [count])] : [])
  const parts = []
  let at = 0
  for (const { variable, input, offset, shape } of slab.views) {
    const next = variable && updates.get(variable)
    if (!next) continue
    const size = sizeOf(shape)
    parts.push(...zeros(offset - at), reshape(sub(next, input), ints([size])))
    at = offset + size
  }
  parts.push(...zeros(length - at))
  const change = reshape(concat(parts, { axis: 0 }), ints(output.shape))
  return { ...slab, output: { ...output, value: add(output.value, change) } }
}
