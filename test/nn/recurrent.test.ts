import { describe, expect, test } from 'vitest'
import { encodeModel } from '../../src/compile/onnx/encode.ts'
import { ArgumentError, ShapeError } from '../../src/core/errors.ts'
import { Rng } from '../../src/core/rng.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import { adam, layers, sequential } from '../../src/index.ts'
import { exportedGraph } from '../../src/models/export.ts'
import { ones } from '../../src/nn/initializers.ts'
import type { AnyLayer } from '../../src/nn/layer.ts'
import { Symbolic } from '../../src/nn/layer.ts'
import { applyLayer } from '../../src/nn/make-layer.ts'
import { LayerGraph } from '../../src/nn/network.ts'
import { constant, scalar } from '../../src/ops/constants.ts'
import { add } from '../../src/ops/math/add.ts'
import { matMul } from '../../src/ops/math/mat-mul.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { evaluate, testEngine, worstError } from '../support/run.ts'

const rng = new Rng(7)
const random = (...shape: number[]) =>
  fromNumbers(
    'float32',
    shape,
    Array.from({ length: shape.reduce((n, dim) => n * dim, 1) }, () => rng.normal()),
  )

const one = (symbolic: Symbolic | readonly Symbolic[]): Symbolic => {
  if (symbolic instanceof Symbolic) return symbolic
  throw new Error('one output')
}

/** A layer's outputs in training: on all ones, with the weights given by name. */
async function trained(layer: AnyLayer, shape: readonly number[], weights: Readonly<Record<string, Value>>) {
  const head = layers.input({ shape: shape.slice(1) })
  const network = new LayerGraph('test', [head], [one(applyLayer(layer, head))], 1)
  const x = Value.input({ dtype: 'float32', shape }, 'x')
  const { outputs } = network.trace([x], {
    training: true,
    weight: ({ path }) => weights[path.split('/').at(-1) ?? ''] ?? scalar(0),
    key: () => constant([3, 4], [2], 'int64'),
  })
  const size = shape.reduce((n, dim) => n * dim, 1)
  const [y] = await evaluate(outputs, new Map([[x, fromNumbers('float32', shape, new Array<number>(size).fill(1))]]))
  if (!y) throw new Error('no output')
  return y
}

const identity = (size: number) =>
  constant(
    Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)),
    [size, size],
  )
const zeros = (size: number) => constant(new Array<number>(size * size).fill(0), [size, size])

describe('variational dropout', () => {
  const [batch, steps, size] = [6, 4, 8]
  const options = { units: size, activation: 'linear', useBias: false, returnSequences: true } as const

  test('drops the same elements of the inputs at every step', async () => {
    const layer = layers.simpleRnn({ ...options, dropout: 0.25 })
    const y = await trained(layer, [batch, steps, size], { kernel: identity(size), recurrent_kernel: zeros(size) })
    const values = toNumbers(y)
    const mask = (b: number, t: number) => Array.from(values.slice((b * steps + t) * size, (b * steps + t + 1) * size))
    for (let b = 0; b < batch; b++) for (let t = 1; t < steps; t++) expect(mask(b, t)).toEqual(mask(b, 0))
    const kept = Array.from(values).filter(value => value !== 0)
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.75)]))
    expect(kept.length / values.length).toBeCloseTo(0.75, 0)
    expect(mask(0, 0)).not.toEqual(mask(1, 0))
  })

  test('drops the same elements of the state at every step', async () => {
    const layer = layers.simpleRnn({ ...options, recurrentDropout: 0.5 })
    const y = await trained(layer, [batch, steps, size], { kernel: identity(size), recurrent_kernel: identity(size) })
    const values = toNumbers(y)
    // h ← 1 + 2h where the element is kept, 1 where it is dropped.
    const paths = Array.from({ length: batch * size }, (_, i) =>
      Array.from({ length: steps }, (_, t) => values[(Math.floor(i / size) * steps + t) * size + (i % size)]),
    )
    const [kept, dropped] = ['1,3,7,15', '1,1,1,1']
    expect(new Set(paths.map(path => path.join()))).toEqual(new Set([kept, dropped]))
  })

  test('is the same again for the same seed and step, and absent when predicting', async () => {
    const make = () => layers.gru({ units: 3, dropout: 0.5, recurrentDropout: 0.5 })
    const weights = {
      kernel: Value.constant(random(8, 9)),
      recurrent_kernel: Value.constant(random(3, 9)),
      bias: Value.constant(random(2, 9)),
    }
    const [a, b] = [await trained(make(), [2, 5, 8], weights), await trained(make(), [2, 5, 8], weights)]
    expect(toNumbers(a)).toEqual(toNumbers(b))
    const net = sequential([layers.input({ shape: [5, 8] }), make()], { seed: 1 })
    const plain = sequential([layers.input({ shape: [5, 8] }), layers.gru({ units: 3 })], { seed: 1 })
    plain.setWeights(net.getWeights())
    const x = random(2, 5, 8)
    expect(worstError(await net.predict(x), await plain.predict(x))).toBe(0)
  })
})

describe('sequences of any length', () => {
  test('backwards give what those of a known length give', async () => {
    const make = (steps: number | null, layer: AnyLayer) =>
      sequential([layers.input({ shape: [steps, 4] }), layer], { seed: 1 })
    const backwards = { units: 3, returnSequences: true, goBackwards: true } as const
    for (const layer of [
      () => layers.gru(backwards),
      () => layers.bidirectional({ layer: layers.gru(backwards) }),
    ] as const) {
      const [open, known] = [make(null, layer()), make(5, layer())]
      const x = random(2, 5, 4)
      expect(worstError(await open.predict(x), await known.predict(x))).toBeLessThan(1e-6)
    }
  })
})

describe('stateful layers', () => {
  test('go on where the batch before ended, until they are reset', async () => {
    const layer = layers.lstm({ units: 3, stateful: true })
    const net = sequential([layers.input({ shape: [2, 4], batchSize: 2 }), layer], { seed: 1 })
    const whole = sequential([layers.input({ shape: [4, 4] }), layers.lstm({ units: 3 })], { seed: 1 })
    whole.setWeights(net.getWeights().filter(({ shape }) => shape[0] !== 2))
    const x = random(2, 4, 4)
    const half = (from: number): TensorData => {
      const values = toNumbers(x)
      return fromNumbers(
        'float32',
        [2, 2, 4],
        [0, 1].flatMap(b => Array.from(values.slice(b * 16 + from * 4, b * 16 + from * 4 + 8))),
      )
    }
    const first = await net.predict(half(0), { batchSize: 2 })
    const second = await net.predict(half(2), { batchSize: 2 })
    expect(worstError(second, await whole.predict(x))).toBeLessThan(1e-6)
    layer.resetState()
    expect(worstError(await net.predict(half(0), { batchSize: 2 }), first)).toBe(0)
  })
})

describe('cells of one’s own', () => {
  /** A leaky sum, whose output is not its state. */
  const leaky = (type = 'Leaky') =>
    layers.makeCell({
      type,
      config: {},
      stateSize: 2,
      outputSize: 3,
      call: ([x, h = x], scope) => {
        const kernel = scope.weight('kernel', { shape: [4, 2], initializer: ones() })
        const next = add(mul(h, scalar(0.5)), matMul(x, kernel))
        return [matMul(next, scope.weight('out', { shape: [2, 3], initializer: ones() })), next]
      },
    })

  test('run over sequences', async () => {
    const net = sequential([layers.input({ shape: [3, 4] }), layers.rnn({ cell: leaky(), returnSequences: true })])
    expect(net.network.variables.map(({ path }) => path)).toEqual(['rnn/cell/kernel', 'rnn/cell/out'])
    const y = await net.predict(fromNumbers('float32', [1, 3, 4], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0]))
    expect(Array.from(toNumbers(y))).toEqual([2, 2, 2, 3, 3, 3, 5.5, 5.5, 5.5])
  })

  test('run in both directions, with weights for each', async () => {
    const net = sequential([
      layers.input({ shape: [3, 4] }),
      layers.bidirectional({ layer: layers.rnn({ cell: leaky() }) }),
    ])
    expect(net.network.variables.map(({ path }) => path)).toEqual(
      ['forward_layer', 'backward_layer'].flatMap(way => [
        `bidirectional/${way}/cell/kernel`,
        `bidirectional/${way}/cell/out`,
      ]),
    )
    const y = await net.predict(fromNumbers('float32', [1, 3, 4], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0]))
    expect(Array.from(toNumbers(y))).toEqual([5.5, 5.5, 5.5, 4, 4, 4])
  })

  test('are stacked when they come in a list', async () => {
    const cells = () => [layers.lstmCell({ units: 3 }), layers.gruCell({ units: 2 })]
    const list = sequential([layers.input({ shape: [3, 4] }), layers.rnn({ cell: cells() })], { seed: 1 })
    const stacked = layers.rnn({ cell: layers.stackedRnnCells({ cells: cells() }) })
    const net = sequential([layers.input({ shape: [3, 4] }), stacked], { seed: 1 })
    expect(list.network.variables.map(({ path }) => path)).toEqual(net.network.variables.map(({ path }) => path))
    const x = random(2, 3, 4)
    expect(worstError(await list.predict(x), await net.predict(x))).toBe(0)
  })

  test('must give states of the shapes they take', () => {
    const wrong = layers.makeCell({ type: 'Wrong', config: {}, stateSize: 2, call: ([x]) => [x, x] })
    expect(() => layers.rnn({ cell: wrong })(layers.input({ shape: [3, 4] }))).toThrow(
      /Wrong: expected a cell that gives states of the shapes it takes, \[batch, 2\], received \[batch, 4\]/,
    )
  })
})

test.each<[string, readonly number[], () => AnyLayer]>([
  ['the kernel', [5, 4], () => layers.lstm({ units: 3, returnSequences: true })],
  ['a Scan', [5, 4], () => layers.gru({ units: 3, activation: 'softsign', returnSequences: true })],
  ['a Scan, last output', [5, 4], () => layers.simpleRnn({ units: 3, activation: 'elu' })],
  ['both directions', [5, 4], () => layers.bidirectional({ layer: layers.gru({ units: 3, returnSequences: true }) })],
  ['every step', [5, 4], () => layers.timeDistributed({ layer: layers.dense({ units: 2 }) })],
  ['convolutions', [3, 5, 5, 2], () => layers.convLstm2d({ filters: 2, kernelSize: 3, returnSequences: true })],
])('%s, exported for any batch size, predicts the same', async (_, shape, make) => {
  const net = sequential([layers.input({ shape }), make()], { seed: 1 })
  const graph = exportedGraph(net.network)
  expect(graph.inputs[0]?.shape[0]).toBe('batch')
  const session = await testEngine.load(encodeModel(graph))
  for (const batch of [1, 3]) {
    const x = random(batch, ...shape)
    const [y] = await session.run([x])
    if (!y) throw new Error('no output')
    expect(worstError(y, await net.predict(x))).toBeLessThan(1e-6)
  }
})

test('an LSTM learns to tell which of two marks came first', async () => {
  const [count, steps] = [256, 12]
  const source = new Rng(5)
  const x = new Float32Array(count * steps * 2)
  const y = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const [a, b] = source.permutation(steps)
    x[(i * steps + (a ?? 0)) * 2] = 1
    x[(i * steps + (b ?? 0)) * 2 + 1] = 1
    y[i] = (a ?? 0) < (b ?? 0) ? 1 : 0
  }
  const net = sequential(
    [layers.input({ shape: [steps, 2] }), layers.lstm({ units: 8 }), layers.dense({ units: 2, activation: 'softmax' })],
    { seed: 1 },
  )
  net.compile({ optimizer: adam({ learningRate: 0.02 }), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
  const data = { dtype: 'float32', shape: [count, steps, 2], data: x } as const
  const labels = { dtype: 'int32', shape: [count], data: y } as const
  await net.fit(data, labels, { epochs: 20, batchSize: 64 })
  expect((await net.evaluate(data, labels)).accuracy).toBeGreaterThan(0.98)
})

describe('mistakes are told when the layer is made', () => {
  const sequences = layers.input({ shape: [5, 4] })
  test.each<[string, () => unknown, RegExp]>([
    ['units', () => layers.lstm({ units: 0 }), /lstmCell: expected 'units' to be a positive integer, received 0/],
    [
      'dropout',
      () => layers.gru({ units: 2, dropout: 2 }),
      /gruCell: expected 'dropout' to be from 0 to 1, received 2/,
    ],
    [
      'mergeMode',
      () => layers.bidirectional({ layer: layers.gru({ units: 2 }), mergeMode: 'max' as 'sum' }),
      /'mergeMode'/,
    ],
    [
      'twins',
      () => layers.bidirectional({ layer: layers.gru({ units: 2 }), backwardLayer: layers.gru({ units: 2 }) }),
      /different 'goBackwards'/,
    ],
    [
      'stacked',
      () => layers.stackedRnnCells({ cells: [] }),
      /cells, such as lstmCell\({ units }\) or one made with makeCell, in 'cells', received none/,
    ],
    [
      'kernelSize',
      () => layers.convLstm2d({ filters: 2, kernelSize: [3] }),
      /'kernelSize' to be a positive integer or 2 of/,
    ],
    [
      'strides and dilation',
      () => layers.convLstm1d({ filters: 2, kernelSize: 3, strides: 2, dilationRate: 2 }),
      /'strides' or 'dilationRate' to be 1/,
    ],
    [
      'initial states',
      () => layers.lstm({ units: 4 })([sequences, layers.input({ shape: [4] })]),
      /no initial states, or all 2/,
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(ArgumentError)
    expect(make).toThrow(message)
  })

  test.each<[string, () => unknown, RegExp]>([
    [
      'rank',
      () => applyLayer(layers.lstm({ units: 2 }), layers.input({ shape: [5] })),
      /LSTM: expected sequences of shape \[batch, steps, …\]/,
    ],
    ['open batch', () => layers.gru({ units: 2, stateful: true })(sequences), /a fixed number of samples in a batch/],
    [
      'images too small',
      () => applyLayer(layers.convLstm1d({ filters: 2, kernelSize: 7 }), layers.input({ shape: [3, 5, 1] })),
      /images no smaller than the window \[7\]/,
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(ShapeError)
    expect(make).toThrow(message)
  })
})
