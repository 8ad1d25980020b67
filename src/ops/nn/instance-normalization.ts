import { attr, defineOp, type Op } from '../define.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { requirePerChannel } from './channels.ts'
import { countedSize, spatialShape } from './conv-shape.ts'
import { channelwiseGradient } from './group-normalization.ts'
import { batchPerExample } from './normalized.ts'

const attrs = { epsilon: attr.float(1e-5) }

/** (x − mean) / √(variance + ε) · scale + b within each channel of each example of x [N, C, …] (Ulyanov et al., 2016). */
export const instanceNormalization: Op<['x', 'scale', 'b'], ['y'], typeof attrs> = defineOp({
  type: 'InstanceNormalization',
  since: 6,
  inputs: ['x', 'scale', 'b'],
  attrs,
  infer: ({ x, scale, b }) => {
    requireFloat('InstanceNormalization', x)
    spatialShape('InstanceNormalization', x)
    requirePerChannel('InstanceNormalization', 'scale', scale, x.shape[1] ?? 0)
    requirePerChannel('InstanceNormalization', 'b', b, x.shape[1] ?? 0)
    return { dtype: sameDType('InstanceNormalization', x, scale, b), shape: x.shape }
  },
  vjp: ({ x, scale }, _y, dy, { epsilon }) => channelwiseGradient(x, scale, dy, epsilon, Number(x.shape[1])),
  batch: batchPerExample,
  samples: [
    { x: [2, 3, 3, 2], scale: [3], b: [3] },
    { x: [2, 2, 5], scale: [2], b: [2], attrs: { epsilon: 0.01 } },
  ],
  traits: { flops: node => 8 * countedSize(node.inputs[0]?.shape ?? []) },
})
