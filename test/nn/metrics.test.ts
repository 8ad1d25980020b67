import { describe, expect, test } from 'vitest'
import { fromNumbers, type TensorData, toNumbers, zeros } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import * as metrics from '../../src/nn/metrics.ts'
import { constant } from '../../src/ops/constants.ts'
import { evaluate } from '../support/run.ts'

const shapes = [{ shape: [8, 3] }, { shape: [8, 3] }] as const

/** The result after one batch. */
async function once(
  given: metrics.AnyMetric,
  target: Value,
  output: Value,
  weight?: Value,
): Promise<metrics.MetricResult> {
  const metric = given.build?.(target, output) ?? given
  const state = metric.state.map(shape => Value.constant(zeros('float32', shape)))
  return metric.result(await evaluate(metric.update(state, target, output, weight), new Map<Value, TensorData>()))
}

describe('names', () => {
  test.each(metrics.metricNames.filter(name => name !== 'accuracy' && name !== 'acc'))('%s', name => {
    const metric = metrics.resolveMetric(name, ...shapes)
    expect(metric.name).toBe(name)
    const { kind = '', config = {} } = metric
    const again = metrics.metricFromConfig(kind, JSON.parse(JSON.stringify(config)), 'mine')
    expect(again).toMatchObject({ name: 'mine', kind, config })
  })
  test('a renamed metric keeps its name when it is built', () => {
    const metric = metrics.metricFromConfig('f1Score', { average: 'macro' }, 'f1')
    expect(metrics.resolveMetric(metric, ...shapes)).toMatchObject({ name: 'f1', state: [[3], [3], [3], [3]] })
  })
  test('accuracy follows from the shapes', () => {
    const kind = (target: readonly number[], output: readonly number[]) =>
      metrics.resolveMetric('accuracy', { shape: target }, { shape: output }).kind
    expect(kind([8, 1], [8, 1])).toBe('binaryAccuracy')
    expect(kind([8], [8, 3])).toBe('sparseCategoricalAccuracy')
    expect(kind([8, 1], [8, 3])).toBe('sparseCategoricalAccuracy')
    expect(kind([8, 3], [8, 3])).toBe('categoricalAccuracy')
    expect(metrics.resolveMetric('acc', ...shapes).name).toBe('acc')
  })
  test.each(['constructor', 'f1', ''])('no metric is called "%s"', name => {
    expect(() => metrics.checkMetricName(name)).toThrow(/a metric among accuracy, /)
  })
})

test('the coefficient of determination of targets that are all the same is 0, whatever their rounding', async () => {
  const target = constant([-0.5868], [1, 1])
  const result = await once(metrics.r2Score(), target, constant([47.38], [1, 1]), constant([0.1432], [1]))
  expect(result).toBe(0)
})

test.each([
  ['categoricalAccuracy', metrics.categoricalAccuracy(), 0.5],
  ['topKCategoricalAccuracy', metrics.topKCategoricalAccuracy({ k: 2 }), 1],
  ['oneHotMeanIou', metrics.oneHotMeanIou({ numClasses: 3 }), 1 / 3],
])('%s takes one-hot targets of bools, as Keras does', async (_, metric, expected) => {
  const target = constant([0, 0, 1, 1, 0, 0], [2, 3], 'bool')
  expect(await once(metric, target, constant([0.1, 0.2, 0.7, 0.3, 0.4, 0.3], [2, 3]))).toBeCloseTo(expected, 5)
})

test.each([
  ['a class', { classId: 3 }, /with a class 3, received \[2, 3\]/],
  ['as many classes', { topK: 4 }, /4/],
])('outputs that have not %s are refused when the step is built', (_, options, message) => {
  const x = constant([0.1, 0.2, 0.7, 0.3, 0.3, 0.4], [2, 3])
  const state = [constant([0], [1]), constant([0], [1])]
  expect(() => metrics.recall(options).update(state, x, x)).toThrow(message)
})

describe('what is wrong is said when a metric is made', () => {
  const bad: readonly [string, string, object, RegExp][] = [
    [
      'thresholds above 1',
      'precision',
      { thresholds: [0.5, 1.5] },
      /precision: expected 'thresholds' to be numbers from 0 to 1, received \[0.5, 1.5\]/,
    ],
    ['no thresholds', 'recall', { thresholds: [] }, /'thresholds'/],
    ['topK', 'recall', { topK: 0 }, /'topK' to be an integer of at least 1/],
    ['classId', 'recall', { classId: -1 }, /'classId' to be an integer of at least 0/],
    ['k', 'topKCategoricalAccuracy', { k: 1.5 }, /'k' to be an integer/],
    ['threshold', 'binaryAccuracy', { threshold: Number.NaN }, /'threshold' to be a finite number/],
    ['curve', 'auc', { curve: 'roc' }, /auc: expected 'curve' to be one of 'ROC', 'PR', 'PRGAIN', received 'roc'/],
    ['numThresholds', 'auc', { numThresholds: 1 }, /'numThresholds' to be an integer of at least 2/],
    ['numLabels without labels', 'auc', { numLabels: 3 }, /'numLabels' only with multiLabel: true/],
    [
      'label weights',
      'auc',
      { multiLabel: true, numLabels: 3, labelWeights: [1, 2] },
      /a label weight for each of 3 labels, received 2/,
    ],
    [
      'specificity',
      'sensitivityAtSpecificity',
      { specificity: 1.1 },
      /'specificity' to be a finite number from 0 to 1/,
    ],
    ['recall left out', 'precisionAtRecall', {}, /'recall' to be a finite number from 0 to 1, received undefined/],
    [
      'average',
      'f1Score',
      { average: 'mean' },
      /'average' to be one of 'micro', 'macro', 'weighted', null, received 'mean'/,
    ],
    ['beta', 'fBetaScore', { beta: 0 }, /'beta' to be a finite number above 0/],
    ['F threshold', 'f1Score', { threshold: 0 }, /'threshold' to be above 0 and at most 1/],
    [
      'target class',
      'iou',
      { numClasses: 2, targetClassIds: [2] },
      /'targetClassIds' to be an integer from 0 to 1, received 2/,
    ],
    ['no target class', 'iou', { numClasses: 2, targetClassIds: [] }, /'targetClassIds' to name a class/],
    [
      'numClasses left out',
      'meanIou',
      {},
      /meanIou: expected 'numClasses' to be an integer of at least 1, received undefined/,
    ],
    ['aggregation', 'r2Score', { classAggregation: 'mean' }, /'classAggregation' to be one of/],
    ['regressors', 'r2Score', { numRegressors: -1 }, /'numRegressors'/],
  ]
  test.each(bad)('%s', (_, kind, config, message) => {
    expect(() => metrics.metricFromConfig(kind, { ...config })).toThrow(message)
  })
  test('a metric that needs shapes says so', () => {
    const y = constant([1, 0], [1, 2])
    expect(() => metrics.f1Score().update([], y, y)).toThrow(/f1Score: expected a metric that knows the shapes/)
    expect(() => metrics.f1Score().build?.({ shape: [8] }, { shape: [8] })).toThrow(
      /outputs of shape \[samples, classes\]/,
    )
  })
})

describe('results', () => {
  const target = constant([1, 0, 1, 1], [4])
  const output = constant([0.9, 0.6, 0.2, 0.7], [4])
  test('one number for one threshold, a list for a list', async () => {
    expect(await once(metrics.precision(), target, output)).toBeCloseTo(2 / 3)
    const list = await once(metrics.precision({ thresholds: [0.65] }), target, output)
    expect(list).toEqual([1])
  })
  test('nothing seen is 0, not NaN', async () => {
    expect(metrics.meanSquaredError().result([fromNumbers('float32', [], [0]), fromNumbers('float32', [], [0])])).toBe(
      0,
    )
    expect(await once(metrics.recall(), constant([0, 0], [2]), constant([1, 1], [2]))).toBe(0)
  })
  test('NaN among the scores is not in the top k', async () => {
    const label = constant([1], [1], 'int32')
    const scores = constant([0.1, Number.NaN, 0.3], [1, 3])
    expect(await once(metrics.sparseTopKCategoricalAccuracy({ k: 2 }), label, scores)).toBe(0)
  })
  test('a metric in a line, weighted', async () => {
    const error = metrics.mean((t, y) => y.sub(t).abs(), { name: 'error' })
    expect(error.name).toBe('error')
    const got = await once(error, target, output, constant([1, 0, 0, 3], [4]))
    expect(got).toBeCloseTo((0.1 + 3 * 0.3) / 4, 6)
  })
  test('a thousand outputs counted at 200 thresholds equal a count by hand', async () => {
    const scores = Array.from({ length: 1000 }, (_, i) => ((i * 7919) % 1000) / 1000)
    const labels = scores.map((score, i) => Number(score + ((i * 31) % 100) / 100 > 1))
    const state = await evaluate(
      metrics.auc().update(
        metrics.auc().state.map(shape => Value.constant(zeros('float32', shape))),
        constant(labels),
        constant(scores),
      ),
      new Map(),
    )
    const [tp] = state.map(data => Array.from(toNumbers(data)))
    const expected = Array.from(
      { length: 200 },
      (_, i) => scores.filter((score, j) => labels[j] === 1 && (i === 0 || Math.fround(score) * 199 > i)).length,
    )
    expect(tp?.slice(0, 199)).toEqual(expected.slice(0, 199))
    expect(tp?.[199]).toBe(0)
  })
})
