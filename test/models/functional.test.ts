import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/core/rng.ts'
import { fromNumbers, toNumbers } from '../../src/core/tensor-data.ts'
import { layers, makeLayer, model, sequential } from '../../src/index.ts'
import { ones } from '../../src/nn/initializers.ts'
import { scalar } from '../../src/ops/constants.ts'
import { add } from '../../src/ops/math/add.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'

const rng = new Rng(7)
const random = (...shape: number[]) =>
  fromNumbers(
    'float32',
    shape,
    Array.from({ length: shape.reduce((n, dim) => n * dim, 1) }, () => rng.normal()),
  )

/** Adds up its inputs, each times a learned factor. */
const weightedSum = () =>
  makeLayer({
    type: 'WeightedSum',
    config: {},
    arity: { min: 2, max: 2 },
    call: ([a, b], scope) => {
      const factor = scope.weight('factor', { shape: [1], initializer: ones() })
      return b ? add(mul(a, factor), mul(b, factor)) : a
    },
  })

describe('functional models', () => {
  test('share layers, take several inputs and give several outputs by name', async () => {
    const a = layers.input({ shape: [4], name: 'a' })
    const b = layers.input({ shape: [4], name: 'b' })
    const encoder = layers.dense({ units: 3, activation: 'tanh' })
    const both = weightedSum()([encoder(a), encoder(b)])
    const net = model({
      inputs: [a, b],
      outputs: {
        kind: layers.dense({ units: 2, activation: 'softmax' })(both),
        size: layers.dense({ units: 1 })(both),
      },
      seed: 1,
    })
    expect(net.network.variables.map(({ path }) => path)).toEqual([
      'dense/kernel',
      'dense/bias',
      'weighted_sum/factor',
      'dense_1/kernel',
      'dense_1/bias',
      'dense_2/kernel',
      'dense_2/bias',
    ])
    const x = [random(6, 4), random(6, 4)]
    const before = await net.predict(x)
    expect(before.kind.shape).toEqual([6, 2])
    expect(before.size.shape).toEqual([6, 1])
    const byName = await net.predict({ b: x[1] ?? random(1), a: x[0] ?? random(1) })
    expect(byName.size.data).toEqual(before.size.data)

    const compiled = net.compile({
      optimizer: 'adam',
      loss: { kind: 'sparseCategoricalCrossentropy', size: 'meanSquaredError' },
      lossWeights: { size: 0.5 },
      metrics: { kind: ['accuracy'], size: ['meanAbsoluteError'] },
    })
    const y = { kind: [0, 1, 0, 1, 0, 1], size: [1, 2, 3, 4, 5, 6].map(n => [n]) }
    const results = await compiled.evaluate(x, y)
    expect(Object.keys(results)).toEqual(['loss', 'kindLoss', 'kindAccuracy', 'sizeLoss', 'sizeMeanAbsoluteError'])
    expect(results.loss).toBeCloseTo(results.kindLoss + 0.5 * results.sizeLoss, 5)
    const { history } = await compiled.fit(x, y, { epochs: 30, batchSize: 3 })
    expect(history.loss.at(-1)).toBeLessThan(results.loss)
  })

  test('nest, and share weights with their parts', async () => {
    const image = layers.input({ shape: [5] })
    const code = layers.dense({ units: 2, name: 'code' })(image)
    const encoder = model({ inputs: image, outputs: code, name: 'encoder', seed: 2 })
    const decoder = sequential([layers.input({ shape: [2] }), layers.dense({ units: 5 })], { name: 'decoder', seed: 3 })
    const input = layers.input({ shape: [5] })
    const auto = model({ inputs: input, outputs: decoder(encoder(input)), seed: 4 })
    expect(auto.network.variables.map(({ path }) => path)).toEqual([
      'encoder/code/kernel',
      'encoder/code/bias',
      'decoder/dense/kernel',
      'decoder/dense/bias',
    ])
    const x = random(8, 5)
    const codes = await encoder.predict(x)
    auto.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    await auto.fit(x, x, { epochs: 2, batchSize: 8 })
    const trained = await encoder.predict(x)
    expect(trained.data).not.toEqual(codes.data)
    expect((await auto.predict(x)).data).toEqual((await decoder.predict(trained)).data)
  })

  test('frozen layers do not change, and two trainers see each other’s weights', async () => {
    const x = layers.input({ shape: [3] })
    const hidden = layers.dense({ units: 3, name: 'hidden' })
    const head = layers.dense({ units: 1, name: 'head' })
    const net = model({ inputs: x, outputs: head(hidden(x)), seed: 5 })
    const other = model({ inputs: x, outputs: head(hidden(x)), seed: 6 })
    hidden.trainable = false
    net.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const [kernel, , headKernel] = net.getWeights()
    const [data, target] = [random(4, 3), random(4, 1)]
    await net.fit(data, target, { batchSize: 4 })
    const [kernelAfter, , headAfter] = net.getWeights()
    expect(kernelAfter).toEqual(kernel)
    expect(headAfter).not.toEqual(headKernel)
    hidden.trainable = true
    other.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    await net.trainOnBatch(data, target)
    await other.trainOnBatch(data, target)
    await net.trainOnBatch(data, target)
    expect(net.getWeights()).toEqual(other.getWeights())
  })

  test('what is frozen counts when a model is compiled, as an adversary needs it', async () => {
    const judge = sequential([layers.input({ shape: [3] }), layers.dense({ units: 1 })], { seed: 1 })
    judge.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    judge.trainable = false
    const x = layers.input({ shape: [2] })
    const maker = layers.dense({ units: 3 })
    const adversary = model({ inputs: x, outputs: judge(maker(x)), seed: 2 })
    adversary.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const [judging, making] = [judge.getWeights(), adversary.getWeights()]
    await adversary.trainOnBatch(random(4, 2), random(4, 1))
    expect(judge.getWeights()).toEqual(judging)
    expect(adversary.getWeights()).not.toEqual(making)
    await judge.trainOnBatch(random(4, 3), random(4, 1))
    expect(judge.getWeights()).not.toEqual(judging)
  })

  test('weights of samples and classes count in the loss', async () => {
    const net = sequential([layers.input({ shape: [2] }), layers.dense({ units: 1 })], { seed: 1 })
    net.compile({ loss: 'meanSquaredError' })
    const [x, y] = [random(4, 2), random(4, 1)]
    const predicted = toNumbers(await net.predict(x))
    const wanted = toNumbers(y)
    const weights = [1, 0, 2, 0.5]
    const { loss } = await net.evaluate(x, y, { sampleWeight: weights })
    const expected = weights.reduce((sum, w, i) => sum + w * ((predicted[i] ?? 0) - (wanted[i] ?? 0)) ** 2, 0) / 4
    expect(loss).toBeCloseTo(expected, 5)
  })

  test('layers may add to the loss', async () => {
    const penalty = makeLayer({
      type: 'Penalty',
      config: {},
      call: ([x], scope) => {
        scope.addLoss(mul(reduceSum(mul(x, x), undefined, { keepdims: 0 }), scalar(0.1)))
        return x
      },
    })
    const net = sequential([layers.input({ shape: [2] }), penalty, layers.dense({ units: 1 })], { seed: 1 })
    net.compile({ loss: 'meanSquaredError' })
    const x = random(4, 2)
    const y = await net.predict(x)
    const squares = toNumbers(x).reduce((sum, value) => sum + value * value, 0)
    expect((await net.evaluate(x, y)).loss).toBeCloseTo(0.1 * squares, 4)
  })
})

describe('what does not fit is refused', () => {
  const x = layers.input({ shape: [3], name: 'x' })
  const y = layers.dense({ units: 1 })(x)
  test('inputs that the outputs do not come from', () => {
    expect(() => model({ inputs: layers.input({ shape: [3] }), outputs: y })).toThrow(/also depend on 'x'/)
  })
  test('a shared layer whose inputs differ in size', () => {
    const shared = layers.dense({ units: 2 })
    shared(layers.input({ shape: [3] }))
    expect(() => shared(layers.input({ shape: [4] }))).toThrow(/the shape it was made with, \[3, 2\]/)
  })
  test('too many inputs', () => {
    expect(() => layers.dense({ units: 1 })([x, x])).toThrow(/expected 1 input/)
  })
  test('losses for outputs that do not exist', () => {
    const net = model({ inputs: x, outputs: { a: y }, seed: 1 })
    expect(() => net.compile({ loss: { b: 'meanSquaredError' } })).toThrow(/outputs among a/)
  })
})
