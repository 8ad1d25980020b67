import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { lossFlops, lossGradients, lossType } from './label-loss.ts'

const attrs = { ignore_index: attr.int(), reduction: attr.string('mean') }

/**
 * −w[label]·x[label] for log-probabilities x [N, C, …] and integer labels [N, …]; labels equal to `ignore_index` do not
 * count. The mean is weighted by w. https://onnx.ai/onnx/operators/onnx__NegativeLogLikelihoodLoss.html
 */
export const negativeLogLikelihoodLoss: Op<['x', 'labels', 'weights?'], ['y'], typeof attrs> = defineOp({
  type: 'NegativeLogLikelihoodLoss',
  since: 13,
  inputs: ['x', 'labels', 'weights?'],
  attrs,
  infer: ({ x, labels, weights }, attributes) => lossType('NegativeLogLikelihoodLoss', x, labels, weights, attributes),
  vjp: ({ x, labels, weights }, y, dy, attributes) => {
    const found = lossGradients(x, labels, weights, y, dy, attributes)
    return { x: found.logp, labels: nondiff('labels are class numbers'), weights: found.weights }
  },
  batch: unrolled,
  samples: [
    { x: [4, 3], labels: { shape: [4], dtype: 'int64', low: 0, high: 3 } },
    { x: [4, 3], labels: { shape: [4], dtype: 'int32', low: 0, high: 3 }, attrs: { reduction: 'none' } },
    {
      x: [2, 3, 4],
      labels: { shape: [2, 4], dtype: 'int64', low: 0, high: 3 },
      weights: { shape: [3], low: 0.5, high: 2 },
      attrs: { ignore_index: 0 },
    },
    { x: [2, 3], labels: { shape: [2], dtype: 'int64', low: 0, high: 3 }, attrs: { reduction: 'sum' } },
  ],
  traits: { flops: node => lossFlops(node.inputs[0]) },
})
