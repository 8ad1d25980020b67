import { ArgumentError } from '../../core/errors.ts'
import { sizeOf, staticShape } from '../../core/shape.ts'
import type { Value } from '../../graph/value.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { reshapeLike } from '../gradients.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { mul } from '../math/mul.ts'
import { reshapeTo } from '../shape/reshape.ts'
import { alongChannels, requirePerChannel, sumPerChannel } from './channels.ts'
import { countedSize, spatialShape } from './conv-shape.ts'
import { batchPerExample, normalized, normalizedGradient } from './normalized.ts'

const attrs = { epsilon: attr.float(1e-5), num_groups: attr.required.int(), stash_type: attr.int(1) }

// As the schema's stash_type asks, statistics are computed in float32 whatever x is.
const skip = { float64: 'the statistics are float32' }

/**
 * (x − mean) / √(variance + ε) within each group of channels of each example, then scale and bias per channel
 * (Wu & He, 2018). https://onnx.ai/onnx/operators/onnx__GroupNormalization.html
 */
export const groupNormalization: Op<['x', 'scale', 'b'], ['y'], typeof attrs> = defineOp({
  type: 'GroupNormalization',
  since: 21,
  inputs: ['x', 'scale', 'b'],
  attrs,
  infer: ({ x, scale, b }, { num_groups: groups }) => {
    const where = 'GroupNormalization'
    requireFloat(where, x)
    spatialShape(where, x)
    const [, channels = 0] = x.shape
    if (groups < 1 || (typeof channels === 'number' && channels % groups !== 0)) {
      throw new ArgumentError({
        where,
        expected: `a number of groups that divides ${channels} channels`,
        received: String(groups),
      })
    }
    requirePerChannel(where, 'scale', scale, channels)
    requirePerChannel(where, 'b', b, channels)
    return { dtype: sameDType(where, x, scale, b), shape: x.shape }
  },
  vjp: ({ x, scale }, _y, dy, { epsilon, num_groups }) => channelwiseGradient(x, scale, dy, epsilon, num_groups),
  batch: batchPerExample,
  samples: [
    { x: [2, 4, 3, 2], scale: [4], b: [4], attrs: { num_groups: 2 }, skip },
    { x: [2, 3, 5], scale: [3], b: [3], attrs: { num_groups: 1, epsilon: 0.01 }, skip },
    { x: [1, 2, 2, 2, 2], scale: [2], b: [2], attrs: { num_groups: 2 }, skip },
  ],
  traits: { flops: node => 8 * countedSize(node.inputs[0]?.shape ?? []) },
})

/** Gradients of a normalisation over `groups` of channels per example, with a scale and a bias per channel. */
export function channelwiseGradient(x: Value, scale: Value, dy: Value, epsilon: number, groups: number) {
  const [n = 0] = staticShape(x.shape, 'gradient of a normalisation')
  const rows = [n, groups, sizeOf(x.shape) / (n * groups)]
  const found = normalized(reshapeTo(x, rows), [2], epsilon)
  const g = mul(dy, alongChannels(scale, x.shape.length))
  return {
    x: reshapeLike(normalizedGradient(reshapeTo(g, rows), found, [2]), x),
    scale: sumPerChannel(mul(dy, reshapeLike(found.normal, x))),
    b: sumPerChannel(dy),
  }
}
