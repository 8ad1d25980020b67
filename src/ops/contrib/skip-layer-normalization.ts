import { attr, defineOp, type Op, unrolled } from '../define.ts'
import { gradientsThrough } from '../expansion.ts'
import { add } from '../math/add.ts'
import { countedSize } from '../nn/conv-shape.ts'
import { layerNormalization } from '../nn/layer-normalization.ts'
import { skipTypes } from './skip.ts'

const attrs = { epsilon: attr.float(1e-12) }

/** LayerNormalization(x + skip + bias) over the last axis. The fourth output is the sum; the engine leaves the second and third empty. */
export const skipLayerNormalization: Op<
  ['x', 'skip', 'scale', 'b?', 'bias?'],
  ['y', 'mean?', 'invStdDev?', 'sum?'],
  typeof attrs
> = defineOp({
  type: 'SkipLayerNormalization',
  domain: 'com.microsoft',
  since: 1,
  inputs: ['x', 'skip', 'scale', 'b?', 'bias?'],
  outputs: ['y', 'mean?', 'invStdDev?', 'sum?'],
  attrs,
  infer: ({ x, skip, scale, b, bias }, _, outputCount) =>
    skipTypes('SkipLayerNormalization', x, skip, { scale, b, bias }, outputCount),
  vjp: ({ x, skip, scale, b, bias }, _, grads, { epsilon }, walks) => {
    const sum = bias ? add(add(x, skip), bias) : add(x, skip)
    return gradientsThrough(
      { x, skip, scale, b, bias },
      [layerNormalization(sum, scale, b, { epsilon }).y, sum],
      [grads.y, grads.sum],
      walks,
    )
  },
  batch: unrolled,
  samples: [
    { x: [2, 3, 4], skip: [2, 3, 4], scale: [4], b: [4], bias: [4] },
    { x: [2, 3, 4], skip: [2, 3, 4], scale: [4] },
  ],
  // The others are for models that ask for them.
  countOutputs: () => 1,
  traits: { flops: node => 10 * countedSize(node.inputs[0]?.shape ?? []) },
})
