import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromNumbers, type TensorData } from '../../src/core/tensor-data.ts'
import { type Callback, layers, losses, model, regularizers, sequential, sgd } from '../../src/index.ts'
import type { BatchOf } from '../../src/train/batches.ts'
import type { Logs } from '../../src/train/history.ts'
import { uniform } from './hash.ts'

/** fit, evaluate and predict as Keras does them: results and the order in which callbacks are called. Written by reference/fit_keras.py. */

type Call = readonly (string | number)[]
type Results = Readonly<Record<string, number>>
interface Options {
  readonly epochs?: number
  readonly initialEpoch?: number
  readonly batchSize?: number
  readonly steps?: number
  readonly stepsPerEpoch?: number
  readonly validationSplit?: number
  readonly validationSteps?: number
  readonly validationBatchSize?: number
  readonly validationFreq?: number | number[]
  readonly classWeight?: Readonly<Record<number, number>>
  readonly validation?: 'plain' | 'weighted' | 'each' | 'generator'
  readonly weights?: true | 'each'
  readonly compiled?: 'one' | 'other'
  readonly generator?: number
  readonly stop?: string
}
interface Fit {
  readonly name: string
  readonly model: 'single' | 'double' | 'classes' | 'onehot'
  readonly options: Options
  readonly history: Readonly<Record<string, number[]>>
  readonly calls: Call[]
  readonly evaluated: Results
  readonly weighted: Results
  readonly last: number[][]
}
interface Called {
  readonly name: string
  readonly method: 'evaluate' | 'predict'
  readonly options: Options
  readonly calls: Call[]
  readonly result: { readonly output: number[] } | Results
}
const golden: { readonly fits: Fit[]; readonly calls: Called[] } = JSON.parse(
  readFileSync(new URL('./fit-keras.json', import.meta.url), 'utf8'),
)

const n = 11
const x = fromNumbers('float32', [n, 3], uniform(1, 3 * n, 1))
const noise = uniform(2, n, 0.3)
const y = fromNumbers(
  'float32',
  [n, 1],
  noise.map((e, i) => Math.fround(Math.fround(row(x, i)[0] - Math.fround(2 * row(x, i)[1])) + e)),
)
const kinds = Array.from({ length: n }, (_, i) => (i * 7) % 3)
const labels = fromNumbers('int32', [n], kinds)
const oneHot = fromNumbers(
  'float32',
  [n, 3],
  kinds.flatMap(kind => [0, 1, 2].map(k => Number(k === kind))),
)
const weights = fromNumbers('float32', [n], uniform(3, n, 2).map(Math.abs))
const each = { size: weights, kind: fromNumbers('float32', [n], Array.from(weights.data, Number).reverse()) }

function row({ data }: TensorData, i: number): [number, number] {
  return [Number(data[3 * i]), Number(data[3 * i + 1])]
}

const rows = ({ dtype, shape, data }: TensorData, places: readonly number[]): TensorData => {
  const width = data.length / (shape[0] ?? 1)
  const values = places.flatMap(at => Array.from({ length: width }, (_, k) => Number(data[at * width + k])))
  return fromNumbers(dtype === 'int32' ? 'int32' : 'float32', [places.length, ...shape.slice(1)], values)
}
const head = (tensor: TensorData) => rows(tensor, [0, 1, 2, 3, 4, 5, 6])

function* endless(size: number): Generator<BatchOf> {
  for (let i = 0; ; i++) {
    const places = Array.from({ length: size }, (_, k) => (i * size + k) % n)
    yield [rows(x, places), rows(y, places)]
  }
}

/** Writes down every call, and stops where it is told to. */
class Recorder {
  readonly calls: (string | number)[][] = []

  constructor(private readonly stopAt: string | undefined) {}

  private note(hook: string, number?: number, logs?: Logs): 'stop' | undefined {
    const names = logs && Object.keys(logs).length > 0 ? [Object.keys(logs).sort().join(',')] : []
    this.calls.push([hook, ...(number === undefined ? [] : [number]), ...names])
    return this.stopAt === `${hook}:${number}` ? 'stop' : undefined
  }

  get hooks(): Callback {
    const note = (hook: string, number?: number, logs?: Logs): void => void this.note(hook, number, logs)
    return {
      onTrainBegin: () => note('trainBegin'),
      onTrainEnd: logs => note('trainEnd', undefined, logs),
      onEpochBegin: epoch => note('epochBegin', epoch),
      onEpochEnd: ({ epoch, logs }) => note('epochEnd', epoch, logs),
      onBatchBegin: ({ step }) => note('trainBatchBegin', step),
      onBatchEnd: ({ step, logs }) => this.note('trainBatchEnd', step - 1, logs()),
      onTestBegin: () => note('testBegin'),
      onTestEnd: logs => note('testEnd', undefined, logs),
      onTestBatchBegin: step => note('testBatchBegin', step),
      onTestBatchEnd: ({ step, logs }) => this.note('testBatchEnd', step - 1, logs()),
      onPredictBegin: () => note('predictBegin'),
      onPredictEnd: () => note('predictEnd'),
      onPredictBatchBegin: step => note('predictBatchBegin', step),
      onPredictBatchEnd: ({ step }) => this.note('predictBatchEnd', step - 1),
    }
  }
}

/** The same numbers as in the reference. */
function withFirstWeights<M extends { getWeights(): TensorData[]; setWeights(weights: TensorData[]): void }>(
  net: M,
): M {
  net.setWeights(
    net.getWeights().map(({ shape, data }, i) => fromNumbers('float32', shape, uniform(10 + i, data.length, 0.7))),
  )
  return net
}

function single(options: { readonly sum?: boolean } = {}) {
  const input = layers.input({ shape: [3] })
  const hidden = layers.dense({ units: 4, activation: 'tanh', kernelRegularizer: regularizers.l2({ l2: 0.02 }) })(input)
  return withFirstWeights(model({ inputs: input, outputs: layers.dense({ units: 1 })(hidden) })).compile({
    optimizer: sgd({ learningRate: 0.1 }),
    loss: options.sum ? losses.meanSquaredError({ reduction: 'sum' }) : 'meanSquaredError',
    metrics: ['meanAbsoluteError'],
    weightedMetrics: options.sum ? [] : ['meanSquaredError'],
  })
}

function double(compiled: Options['compiled']) {
  const input = layers.input({ shape: [3] })
  const hidden = layers.dense({ units: 4, activation: 'tanh' })(input)
  const outputs = {
    kind: layers.dense({ units: 3, activation: 'softmax', name: 'kind' })(hidden),
    size: layers.dense({ units: 1, name: 'size' })(hidden),
  }
  const net = withFirstWeights(model({ inputs: input, outputs }))
  if (compiled)
    return net.compile({
      optimizer: sgd({ learningRate: 0.1 }),
      loss: { kind: 'sparseCategoricalCrossentropy' },
      metrics: { kind: ['accuracy'], ...(compiled === 'other' ? { size: ['meanAbsoluteError'] } : {}) },
    })
  return net.compile({
    optimizer: sgd({ learningRate: 0.1 }),
    loss: { size: 'meanSquaredError', kind: 'sparseCategoricalCrossentropy' },
    lossWeights: { size: 0.5, kind: 2 },
    metrics: { kind: ['accuracy'] },
    weightedMetrics: { size: ['meanAbsoluteError'], kind: ['accuracy'] },
  })
}

function classes(sparse: boolean) {
  const net = sequential([layers.input({ shape: [3] }), layers.dense({ units: 3, activation: 'softmax' })])
  return withFirstWeights(net).compile({
    optimizer: sgd({ learningRate: 0.1 }),
    loss: sparse ? 'sparseCategoricalCrossentropy' : 'categoricalCrossentropy',
    ...(sparse ? { metrics: ['accuracy'] as const } : {}),
    weightedMetrics: ['accuracy'],
  })
}

const made = { double, classes: () => classes(true), onehot: () => classes(false) }
const targets = { single: y, double: { size: y, kind: labels }, classes: labels, onehot: oneHot }

function expectClose(found: object, wanted: Results): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort())
  const values = new Map<string, unknown>(Object.entries(found))
  for (const [name, value] of Object.entries(wanted)) expect(values.get(name), name).toBeCloseTo(value, 5)
}

const isOutput = (result: Called['result']): result is { readonly output: number[] } => Array.isArray(result['output'])

describe('fit', () => {
  test.each(golden.fits)('$name', async ({ name, model: kind, options, history, calls, evaluated, weighted, last }) => {
    const net = kind === 'single' ? single({ sum: name === 'sum of squares' }) : made[kind](options.compiled)
    const { stop, weights: sampleWeight, validation, generator, compiled: _, ...rest } = options
    const recorder = new Recorder(stop)
    const validationData =
      validation &&
      {
        plain: [head(x), head(y)] as const,
        weighted: [head(x), head(y), head(weights)] as const,
        each: [x, targets[kind], each] as const,
        generator: endless(n),
      }[validation]
    const given = { ...rest, callbacks: [recorder.hooks], ...(validationData ? { validationData } : {}) }
    const fitted = generator
      ? await net.fit(endless(generator), given)
      : await net.fit(x, targets[kind], {
          ...given,
          shuffle: false,
          ...(sampleWeight ? { sampleWeight: sampleWeight === 'each' ? each : weights } : {}),
        })
    expect(Object.keys(fitted.history).sort()).toEqual(Object.keys(history).sort())
    const found = new Map(Object.entries(fitted.history))
    for (const [key, values] of Object.entries(history)) {
      expect(found.get(key), key).toHaveLength(values.length)
      values.forEach((value, i) => {
        expect(found.get(key)?.[i], `${key} ${i}`).toBeCloseTo(value, 5)
      })
    }
    expect(recorder.calls).toEqual(calls)
    net.getWeights().forEach(({ data }, k) => {
      data.forEach((value, i) => {
        expect(value).toBeCloseTo(last[k]?.[i] ?? Number.NaN, 5)
      })
    })
    expectClose(await net.evaluate(x, targets[kind], { batchSize: 4 }), evaluated)
    const own = kind === 'double' ? each : weights
    expectClose(await net.evaluate(x, targets[kind], { batchSize: 3, sampleWeight: own }), weighted)
  })
})

describe.each(golden.calls)('$method alone', ({ name, method, options, calls, result }) => {
  test(name, async () => {
    const net = single()
    const { stop, weights: weigh, generator, ...rest } = options
    const recorder = new Recorder(stop)
    const given = { ...rest, callbacks: [recorder.hooks] }
    if (isOutput(result)) {
      const { data } = await net.predict(generator ? endless(generator) : x, given)
      expect(data).toHaveLength(result.output.length)
      data.forEach((value, i) => {
        expect(value).toBeCloseTo(Number(result.output[i]), 5)
      })
    } else {
      const found = generator
        ? await net.evaluate(endless(generator), given)
        : await net.evaluate(x, y, { ...given, ...(weigh ? { sampleWeight: weights } : {}) })
      expectClose(found, result)
    }
    expect(method).toMatch(/evaluate|predict/)
    expect(recorder.calls).toEqual(calls)
  })
})
