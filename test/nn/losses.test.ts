import { describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { fromNumbers, toNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import * as losses from '../../src/nn/losses.ts'
import { constant } from '../../src/ops/constants.ts'
import { softmax } from '../../src/ops/nn/softmax.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { evaluate } from '../support/run.ts'

async function numbers(...values: readonly Value[]): Promise<number[][]> {
  return (await evaluate(values, new Map())).map(data => Array.from(toNumbers(data)))
}

const matrix = (rows: readonly (readonly number[])[]): Value =>
  constant(rows.flat(), [rows.length, rows[0]?.length ?? 0])

describe('names and configurations', () => {
  test.each(losses.lossNames)('%s is made again from its configuration', name => {
    const loss = losses.resolveLoss(name)
    const again = losses.lossFromConfig(loss.name, JSON.parse(JSON.stringify(loss.config)))
    expect(again.name).toBe(loss.name)
    expect(again.config).toEqual(loss.config)
    expect(loss.config['reduction']).toBe('sumOverBatchSize')
  })
  test('short names are Keras’s', () => {
    expect(losses.resolveLoss('mse').name).toBe('meanSquaredError')
    expect(losses.resolveLoss('KLD').name).toBe('klDivergence')
  })
  test('options are in the configuration', () => {
    expect(losses.huber({ delta: 2, reduction: 'sum' }).config).toEqual({ delta: 2, reduction: 'sum' })
    expect(losses.sparseCategoricalCrossentropy({ ignoreClass: 255 }).config).toEqual({
      fromLogits: false,
      ignoreClass: 255,
      axis: -1,
      reduction: 'sumOverBatchSize',
    })
  })
  test.each(['constructor', 'toString', 'crossEntropy', ''])('no loss is called "%s"', name => {
    expect(() => losses.lossFromConfig(name, {})).toThrow(/a loss among binaryCrossentropy, .* received/)
  })
})

describe('what is wrong is said when a loss is made', () => {
  const bad: readonly [string, string, object, RegExp][] = [
    [
      'reduction',
      'meanSquaredError',
      { reduction: 'median' },
      /meanSquaredError: expected 'reduction' to be one of 'sumOverBatchSize', 'mean', .*'median'/,
    ],
    [
      'labelSmoothing above 1',
      'categoricalCrossentropy',
      { labelSmoothing: 1.5 },
      /'labelSmoothing' to be a finite number from 0 to 1, received 1.5/,
    ],
    ['fromLogits as text', 'binaryCrossentropy', { fromLogits: 'yes' }, /'fromLogits' to be true or false/],
    ['axis', 'cosineSimilarity', { axis: 0.5 }, /'axis' to be an integer/],
    ['ignoreClass', 'sparseCategoricalCrossentropy', { ignoreClass: 1.5 }, /'ignoreClass' to be an integer/],
    ['delta', 'huber', { delta: Number.NaN }, /huber: expected 'delta' to be a finite number, received NaN/],
    ['q', 'categoricalGeneralizedCrossEntropy', { q: 1 }, /'q' to be a finite number above 0 below 1, received 1/],
    ['alpha', 'categoricalFocalCrossentropy', { alpha: [0.1, Number.POSITIVE_INFINITY] }, /'alpha'/],
    ['margin', 'circle', { margin: Number.NaN }, /'margin'/],
    ['beta', 'tversky', { beta: Number.NaN }, /'beta'/],
  ]
  test.each(bad)('%s', (_, name, config, message) => {
    expect(() => losses.lossFromConfig(name, { ...config })).toThrow(message)
  })
  test('training needs one number', () => {
    expect(() => losses.resolveLoss(losses.huber({ reduction: 'none' }))).toThrow(/huber with reduction 'none'/)
  })
})

describe('shapes', () => {
  const output = constant([1, 2, 3, 4, 5, 6], [2, 3])
  test('targets that would broadcast are refused', () => {
    expect(() => losses.meanSquaredError().perSample(matrix([[1], [2]]), output)).toThrow(
      /meanSquaredError: expected targets of the outputs' shape \[2, 3\], received \[2, 1\]/,
    )
  })
  test('one-hot targets where numbers are due', () => {
    expect(() => losses.sparseCategoricalCrossentropy().perSample(output, output)).toThrow(/use the categorical form/)
  })
  test('weights that fit no axis', () => {
    expect(() => losses.reduceLoss(output, { sampleWeight: constant([1, 2, 3]) })).toThrow(
      /sampleWeight: expected a weight for each value, of shape \[2, 3\] or its leading axes, received \[3\]/,
    )
  })
  test('one weight per sample covers all steps of the sample', async () => {
    const [value] = await numbers(losses.reduceLoss(output, { sampleWeight: constant([1, 10]), reduction: 'sum' }))
    expect(value).toEqual([1 + 2 + 3 + 10 * (4 + 5 + 6)])
  })
})

describe('behaviour beyond the golden values', () => {
  test('probabilities straight from a softmax are taken back to its logits', async () => {
    const logits = matrix([[200, 0, -200]])
    const target = constant([2], [1], 'int32')
    const [exact] = await numbers(
      losses.sparseCategoricalCrossentropy().perSample(target, softmax(logits, { axis: -1 })),
    )
    expect(exact).toEqual([400])
  })
  test('cosineSimilarity has a finite gradient at 0', async () => {
    const zero = matrix([[0, 0]])
    const loss = reduceSum(losses.cosineSimilarity().perSample(matrix([[3, 4]]), zero), undefined, { keepdims: 0 })
    const [gradient] = await numbers(...gradientsOf(loss, [zero]))
    expect(gradient?.every(Number.isFinite)).toBe(true)
  })
  test('a target longer than its frames costs a large, finite CTC loss with a finite gradient', async () => {
    const output = Value.input({ dtype: 'float32', shape: [1, 2, 4] }, 'output')
    const target = constant([1, 2, 3], [1, 3], 'int32')
    const [value] = [losses.lossOf(losses.ctc(), target, output)]
    const feeds = new Map([[output, fromNumbers('float32', [1, 2, 4], [0, 1, 2, 3, 1, 0, 2, 1])]])
    const [loss, gradient] = await evaluate([value, ...gradientsOf(value, [output])], feeds)
    expect(loss && toNumbers(loss)[0]).toBeGreaterThan(9e4)
    expect(gradient && Array.from(toNumbers(gradient)).every(Number.isFinite)).toBe(true)
  })
  test('CTC is the sum over alignments: two frames, one label', async () => {
    // p(1) of [1,1] + [0,1] + [1,0] = a² + 2ab, with a and b the probabilities of label and blank.
    const logits = [0.3, -0.2, 0.3, -0.2]
    const [value] = await numbers(losses.ctc().perSample(constant([1], [1, 1], 'int32'), constant(logits, [1, 2, 2])))
    const a = Math.exp(-0.2) / (Math.exp(0.3) + Math.exp(-0.2))
    expect(value?.[0]).toBeCloseTo(-Math.log(a * a + 2 * a * (1 - a)), 6)
  })
  test('a loss in a line', async () => {
    const error = losses.custom((target, output) => output.sub(target).abs().max(), { name: 'worst', reduction: 'sum' })
    expect(error.name).toBe('worst')
    const [value] = await numbers(losses.lossOf(error, matrix([[1, 2]]), matrix([[1.5, 5]])))
    expect(value).toEqual([3])
  })
})
