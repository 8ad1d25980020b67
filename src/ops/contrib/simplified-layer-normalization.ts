import { normalizeAxis } from '../../core/shape.ts'
import { attr, defineOp, type Op } from '../define.ts'
import { requireFloat, sameDType } from '../infer.ts'
import { countedSize } from '../nn/conv-shape.ts'
import { requireFits } from '../nn/layer-normalization.ts'
import { batchRms, rmsGradient } from '../nn/rms-normalization.ts'

const attrs = { axis: attr.int(-1), epsilon: attr.float(1e-5), stash_type: attr.int(1) }

/** ONNX Runtime's own name for RMSNormalization, in the standard domain, from before opset 23 had it. */
export const simplifiedLayerNormalization: Op<['x', 'scale'], ['y'], typeof attrs> = defineOp({
  type: 'SimplifiedLayerNormalization',
  since: 1,
  inputs: ['x', 'scale'],
  attrs,
  infer: ({ x, scale }, { axis }) => {
    requireFloat('SimplifiedLayerNormalization', x)
    normalizeAxis(axis, x.shape.length, 'SimplifiedLayerNormalization')
    requireFits('SimplifiedLayerNormalization', 'scale', scale, x.shape)
    return { dtype: sameDType('SimplifiedLayerNormalization', x, scale), shape: x.shape }
  },
  vjp: ({ x, scale }, _y, dy, attributes) => rmsGradient(x, scale, dy, attributes),
  batch: batchRms,
  samples: [
    { x: [2, 3, 5], scale: [5] },
    { x: [4, 5], scale: [5], attrs: { epsilon: 0.01 } },
  ],
  traits: { flops: node => 4 * countedSize(node.inputs[0]?.shape ?? []) },
})
