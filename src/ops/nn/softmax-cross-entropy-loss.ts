import { ints } from '../constants.ts'
import { attr, defineOp, nondiff, type Op, unrolled } from '../define.ts'
import { add } from '../math/add.ts'
import { exp } from '../math/exp.ts'
import { mul } from '../math/mul.ts'
import { sub } from '../math/sub.ts'
import { reduceSum } from '../reduce/reduce-sum.ts'
import { lossFlops, lossGradients, lossType } from './label-loss.ts'

const attrs = { ignore_index: attr.int(), reduction: attr.string('mean') }

/**
 * Cross-entropy of integer labels [N, …] under softmax(scores [N, C, …]) over axis 1, optionally weighted by class; labels
 * equal to `ignore_index` do not count. The mean is the weighted one. The second output is log softmax(scores).
 * https://onnx.ai/onnx/operators/onnx__SoftmaxCrossEntropyLoss.html
 */
export const softmaxCrossEntropyLoss: Op<['scores', 'labels', 'weights?'], ['y', 'log_prob?'], typeof attrs> = defineOp(
  {
    type: 'SoftmaxCrossEntropyLoss',
    since: 13,
    inputs: ['scores', 'labels', 'weights?'],
    outputs: ['y', 'log_prob?'],
    attrs,
    infer: ({ scores, labels, weights }, attributes) => ({
      y: lossType('SoftmaxCrossEntropyLoss', scores, labels, weights, attributes),
      log_prob: scores,
    }),
    // Through the log-probabilities: d scores = d logp − softmax(scores)·Σ d logp, and softmax(scores) = exp(logp).
    vjp: ({ labels, weights }, { y, log_prob }, grads, attributes) => {
      const found = grads.y && lossGradients(log_prob, labels, weights, y, grads.y, attributes)
      const own = grads.log_prob
      const d = found && own ? add(found.logp, own) : (found?.logp ?? own)
      return {
        scores: d && sub(d, mul(exp(log_prob), reduceSum(d, ints([1])))),
        labels: nondiff('labels are class numbers'),
        weights: found?.weights,
      }
    },
    batch: unrolled,
    samples: [
      { scores: [4, 3], labels: { shape: [4], dtype: 'int64', low: 0, high: 3 } },
      { scores: [4, 3], labels: { shape: [4], dtype: 'int64', low: 0, high: 3 }, attrs: { reduction: 'none' } },
      {
        scores: [2, 3, 4],
        labels: { shape: [2, 4], dtype: 'int64', low: 0, high: 3 },
        weights: { shape: [3], low: 0.5, high: 2 },
        attrs: { ignore_index: 1 },
      },
      {
        scores: [3, 4],
        labels: { shape: [3], dtype: 'int64', low: 0, high: 4 },
        weights: { shape: [4], low: 0.5, high: 2 },
        attrs: { reduction: 'sum' },
      },
    ],
    traits: { flops: node => lossFlops(node.inputs[0]) },
  },
)
