import { describe, test } from 'vitest'
import type { Operator } from '../../src/graph/operator.ts'
import { neg } from '../../src/ops/math/neg.ts'
import { batchNormalization } from '../../src/ops/nn/batch-normalization.ts'
import { checkGradients } from '../support/operator-checks.ts'

/**
 * ONNX Runtime's training kernel writes the running statistics over the given ones when they are not outputs of the graph,
 * even over fed arrays, so that two runs differ. Statistics that are computed in the graph have no such trouble.
 */
const onOwnCopies: Operator = {
  ...batchNormalization,
  apply: ([x, scale, b, mean, variance], attributes, hints) =>
    batchNormalization.apply([x, scale, b, mean && neg(mean), variance && neg(variance)], attributes, hints),
}

describe('BatchNormalization in training mode', () => {
  const sample = {
    inputs: { x: [3, 2, 2, 3], scale: [2], b: [2], mean: [2], variance: { shape: [2], low: -2, high: -0.5 } },
    attributes: { training_mode: 1, momentum: 0.8 },
    skip: {},
  }
  test('gradient of y and of the running statistics', () => checkGradients(onOwnCopies, sample, 0, 1))
  test('gradient of the gradient', () => checkGradients(onOwnCopies, sample, 0, 2))

  // The running statistics are then the batch's own, and the gradient reads them.
  const momentless = { ...sample, attributes: { training_mode: 1, momentum: 0 } }
  test('gradient with momentum 0', () => checkGradients(onOwnCopies, momentless, 0, 1))
  test('gradient of the gradient with momentum 0', () => checkGradients(onOwnCopies, momentless, 0, 2))
})
