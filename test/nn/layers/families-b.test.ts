import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src/core/rng.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../../src/core/tensor-data.ts'
import { Graph } from '../../../src/graph/graph.ts'
import { Value } from '../../../src/graph/value.ts'
import { layers, model, sequential, sgd } from '../../../src/index.ts'
import { type AnyLayer, Symbolic } from '../../../src/nn/layer.ts'
import { applyLayer } from '../../../src/nn/make-layer.ts'
import { LayerGraph } from '../../../src/nn/network.ts'
import { constant } from '../../../src/ops/constants.ts'
import { Executable } from '../../../src/runtime/executable.ts'
import { testEngine, worstError } from '../../support/run.ts'

const filled = (shape: readonly number[], value: number): TensorData<'float32'> =>
  fromNumbers('float32', shape, new Array(shape.reduce((n, dim) => n * dim, 1)).fill(value))

function random(...shape: number[]): TensorData<'float32'> {
  const rng = new Rng(11)
  return fromNumbers(
    'float32',
    shape,
    Array.from({ length: shape.reduce((n, dim) => n * dim, 1) }, () => rng.normal()),
  )
}

/** A layer's output in training, with the key [step, seed]. */
async function inTraining(layer: AnyLayer, input: TensorData, step = 0, seed = 0): Promise<Float64Array> {
  const head = layers.input({ shape: input.shape.slice(1) })
  const output = applyLayer(layer, head)
  if (!(output instanceof Symbolic)) throw new Error('one output')
  const network = new LayerGraph('random', [head], [output], 1)
  const x = Value.input({ dtype: 'float32', shape: input.shape }, 'x')
  const { outputs } = network.trace([x], {
    training: true,
    weight: ({ value }) => Value.constant(value),
    key: () => constant([step, seed], [2], 'int64'),
  })
  const executable = await Executable.create(new Graph({ inputs: [x], outputs }), testEngine)
  const [result] = await executable.run([input])
  return Float64Array.from(toNumbers(result ?? input))
}

function moments(values: Float64Array): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return { mean, deviation: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) }
}

const ones = filled([20, 500], 1)

describe('random layers', () => {
  const noisy: Readonly<Record<string, [AnyLayer, mean: number, deviation: number]>> = {
    dropout: [layers.dropout({ rate: 0.3 }), 1, Math.sqrt(0.3 / 0.7)],
    gaussianDropout: [layers.gaussianDropout({ rate: 0.3 }), 1, Math.sqrt(0.3 / 0.7)],
    gaussianNoise: [layers.gaussianNoise({ stddev: 0.4 }), 1, 0.4],
  }
  test.each(Object.entries(noisy))('%s has the moments that it promises', async (_, [layer, mean, deviation]) => {
    const found = moments(await inTraining(layer, ones))
    expect(Math.abs(found.mean - mean)).toBeLessThan(0.03)
    expect(Math.abs(found.deviation - deviation)).toBeLessThan(0.03)
  })

  test('alphaDropout keeps mean and variance of a standard normal input', async () => {
    const found = moments(await inTraining(layers.alphaDropout({ rate: 0.3 }), random(20, 1000)))
    expect(Math.abs(found.mean)).toBeLessThan(0.05)
    expect(Math.abs(found.deviation - 1)).toBeLessThan(0.05)
  })

  test('rrelu draws slopes between its bounds, and takes their mean in inference', async () => {
    const layer = layers.rrelu({ lower: 0.2, upper: 0.6 })
    const slopes = (await inTraining(layer, filled([10, 100], -1))).map(value => -value)
    expect(Math.min(...slopes)).toBeGreaterThanOrEqual(0.2)
    expect(Math.max(...slopes)).toBeLessThanOrEqual(0.6)
    expect(moments(slopes).mean).toBeCloseTo(0.4, 1)
    const still = await sequential([layers.input({ shape: [2] }), layer]).predict(
      fromNumbers('float32', [1, 2], [-1, 3]),
    )
    expect(Array.from(toNumbers(still))).toEqual([Math.fround(-0.4), 3])
  })

  test('rates of 0 and 1', async () => {
    const x = random(3, 4)
    expect(await inTraining(layers.dropout({ rate: 0 }), x)).toEqual(Float64Array.from(toNumbers(x)))
    expect((await inTraining(layers.dropout({ rate: 1 }), x)).every(value => Math.abs(value) === 0)).toBe(true)
  })

  test('noiseShape and spatial dropout: elements share their fate', async () => {
    const x = filled([4, 5, 6], 1)
    for (const layer of [
      layers.dropout({ rate: 0.5, noiseShape: [null, 1, null] }),
      layers.spatialDropout1d({ rate: 0.5 }),
    ]) {
      const y = await inTraining(layer, x)
      y.forEach((value, at) => {
        const first = Math.floor(at / 30) * 30 + (at % 6)
        expect(value).toBe(y[first])
      })
      expect(new Set(y).size).toBe(2)
    }
    const channels = await inTraining(
      layers.spatialDropout2d({ rate: 0.5, dataFormat: 'channelsFirst' }),
      filled([4, 8, 3, 3], 1),
    )
    channels.forEach((value, at) => {
      expect(value).toBe(channels[at - (at % 9)])
    })
  })

  test('a seed frees the layer from the run’s seed, not from the step', async () => {
    const draw = (seed: number | null, step: number, run: number) =>
      inTraining(layers.dropout({ rate: 0.5, seed }), ones, step, run)
    expect(await draw(7, 0, 1)).toEqual(await draw(7, 0, 2))
    expect(await draw(7, 0, 1)).not.toEqual(await draw(7, 1, 1))
    expect(await draw(7, 0, 1)).not.toEqual(await draw(8, 0, 1))
    expect(await draw(null, 0, 1)).not.toEqual(await draw(null, 0, 2))
  })
})

test('scores under a rotary embedding depend on distances alone', async () => {
  const x = layers.input({ shape: [6, 8] })
  const net = model({ inputs: x, outputs: layers.rotaryEmbedding()(x), seed: 1 })
  const [q, k] = [random(8), fromNumbers('float32', [8], [1, -2, 3, 0.5, -1, 2, 0, 1])]
  const everywhere = ({ data }: TensorData) =>
    fromNumbers(
      'float32',
      [1, 6, 8],
      Array.from({ length: 48 }, (_, i) => Number(data[i % 8])),
    )
  const [turnedQ, turnedK] = [await net.predict(everywhere(q)), await net.predict(everywhere(k))]
  const score = (i: number, j: number) =>
    Array.from({ length: 8 }, (_, d) => Number(turnedQ.data[i * 8 + d]) * Number(turnedK.data[j * 8 + d])).reduce(
      (a, b) => a + b,
    )
  expect(score(3, 1)).toBeCloseTo(score(5, 3), 4)
  expect(score(2, 2)).toBeCloseTo(score(0, 0), 4)
  expect(Math.abs(score(3, 1) - score(1, 3))).toBeGreaterThan(1e-3)
  // At position 0 nothing turns.
  expect(worstError({ ...turnedQ, shape: [8], data: turnedQ.data.slice(0, 8) } as TensorData, q)).toBeLessThan(1e-6)
})

test('causal attention does not look ahead, in the fused way and in the other', async () => {
  for (const dropout of [0, 0.1]) {
    const x = layers.input({ shape: [200, 4] })
    const attended = layers.multiHeadAttention({ numHeads: 2, keyDim: 4, dropout, rotaryEmbedding: {} })([x, x], {
      useCausalMask: true,
    })
    const net = model({ inputs: x, outputs: attended as Symbolic, seed: 1 })
    const before = random(1, 200, 4)
    const after = { ...before, data: before.data.map((value, i) => (i < 150 * 4 ? value : value + 1)) }
    const [a, b] = [await net.predict(before), await net.predict(after)]
    expect(toNumbers(a).subarray(0, 600)).toEqual(toNumbers(b).subarray(0, 600))
    expect(toNumbers(a).subarray(600)).not.toEqual(toNumbers(b).subarray(600))
  }
})

test('spectral normalisation divides the kernel by its largest singular value, step by step, before the optimizer’s update', async () => {
  const dense = layers.dense({ units: 3 })
  const net = sequential(
    [layers.input({ shape: [4] }), layers.spectralNormalization({ layer: dense }), layers.dense({ units: 2 })],
    { seed: 1 },
  )
  const kernel = () => net.network.variables.find(({ path }) => path.endsWith('/dense/kernel'))
  const weights = net.getWeights().map(weight => ({ ...weight, data: weight.data.map(value => 5 * value) }))
  net.setWeights(weights)
  net.compile({ optimizer: sgd({ learningRate: 0 }), loss: 'meanSquaredError' })
  const before = Array.from(kernel()?.value.data ?? [])
  await net.fit(random(8, 4), random(8, 2), { epochs: 30 })
  const after = Array.from(kernel()?.value.data ?? [])
  // A multiple of what it was, whose largest singular value (found from the 3 × 3 Gram matrix) is 1.
  const factor = (after[0] ?? 0) / (before[0] ?? 1)
  after.forEach((value, i) => {
    expect(value).toBeCloseTo(factor * (before[i] ?? 0), 5)
  })
  let v = [1, 1, 1]
  let size = 0
  for (let round = 0; round < 200; round++) {
    const rows = [0, 1, 2, 3].map(i => v.reduce((sum, x, j) => sum + x * (after[3 * i + j] ?? 0), 0))
    v = v.map((_, j) => rows.reduce((sum, x, i) => sum + x * (after[3 * i + j] ?? 0), 0))
    size = Math.hypot(...v)
    v = v.map(x => x / size)
  }
  expect(Math.sqrt(size)).toBeCloseTo(1, 3)
})

test('strings are features of a model that is trained', async () => {
  const words = ['red', 'green', 'blue', 'red', 'green', 'blue', 'red', 'red']
  const lookup = layers.stringLookup({ outputMode: 'oneHot' }).adapt(words)
  const net = sequential([layers.input({ shape: [1], dtype: 'string' }), lookup, layers.dense({ units: 1 })], {
    seed: 1,
  })
  net.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
  const x: TensorData = { dtype: 'string', shape: [8, 1], data: words }
  const { history } = await net.fit(
    x,
    words.map(word => [word === 'red' ? 1 : 0]),
    { epochs: 40 },
  )
  expect(history.loss.at(-1)).toBeLessThan(Number(history.loss[0]))
})

test('what texts are split into goes to the model as strings', async () => {
  const texts = ['good film', 'bad film', 'a good, GOOD one', 'simply bad!']
  const words = layers.textVectorization({ outputSequenceLength: 4 }).adapt(texts)
  const net = sequential(
    [
      layers.input({ shape: [4], dtype: 'string' }),
      words,
      layers.embedding({ inputDim: words.getVocabulary().length, outputDim: 3 }),
      layers.flatten(),
      layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
    { seed: 1 },
  )
  net.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' })
  const { history } = await net.fit(words.tokenize(texts), [[1], [0], [1], [0]], { epochs: 20 })
  expect(history.loss.at(-1)).toBeLessThan(Number(history.loss[0]))
})

test('normalization that has been adapted brings data to mean 0 and variance 1', async () => {
  const data = random(64, 3)
  const shifted = { ...data, data: data.data.map((value, i) => value * ((i % 3) + 1) + 5) }
  const layer = layers.normalization()
  const net = sequential([layers.input({ shape: [3] }), layer], { seed: 1 })
  layer.adapt(shifted)
  const found = moments(Float64Array.from(toNumbers(await net.predict(shifted))))
  expect(found.mean).toBeCloseTo(0, 4)
  expect(found.deviation).toBeCloseTo(1, 4)
})

describe('options that do not fit are refused when the layer is made', () => {
  const wrong: Readonly<Record<string, [() => unknown, RegExp]>> = {
    dropout: [() => layers.dropout({ rate: 1.5 }), /'rate' from 0 to 1/],
    noiseShape: [() => layers.dropout({ rate: 0.5, noiseShape: [0] }), /noiseShape/],
    relu: [() => layers.relu({ threshold: -1 }), /threshold/],
    groups: [() => layers.groupNormalization({ groups: 0 }), /groups/],
    heads: [() => layers.multiHeadAttention({ numHeads: 0, keyDim: 2 }), /numHeads/],
    grouped: [
      () => layers.groupedQueryAttention({ headDim: 2, numQueryHeads: 3, numKeyValueHeads: 2 }),
      /multiple of 'numKeyValueHeads'/,
    ],
    scoreMode: [() => layers.attention({ scoreMode: 'sum' as 'dot' }), /'dot', 'concat'/],
    normalization: [() => layers.normalization({ mean: 1 }), /both 'mean' and 'variance'/],
    discretization: [() => layers.discretization({}), /'numBins' or 'binBoundaries'/],
    vocabulary: [() => layers.stringLookup({ vocabulary: ['a', 'a'] }), /each once/],
    oov: [() => layers.stringLookup({ numOovIndices: 2 }), /no hash/],
    aspect: [
      () => layers.resizing({ height: 2, width: 2, cropToAspectRatio: true, padToAspectRatio: true }),
      /one of 'cropToAspectRatio'/,
    ],
  }
  test.each(Object.entries(wrong))('%s', (_, [make, message]) => {
    expect(make).toThrow(message)
  })
})
