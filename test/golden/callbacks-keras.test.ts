import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fromNumbers, type TensorData } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { type Callback, callbacks, layers, sequential, sgd } from '../../src/index.ts'
import type { TrainRun } from '../../src/train/callbacks/callback.ts'

interface Decision {
  readonly callback: 'EarlyStopping' | 'ReduceLROnPlateau' | 'LearningRateScheduler' | 'ModelCheckpoint'
  readonly config: Readonly<Record<string, unknown>>
  readonly results: readonly (number | null)[]
  readonly key: string
  readonly rate: number
  readonly epochs: number
  readonly restored: number | null
  readonly rates: readonly number[]
  readonly saved: readonly { readonly epoch: number; readonly path: string; readonly weightsOnly: boolean }[]
}

// Written by reference/callbacks_keras.py.
const golden: {
  readonly decisions: readonly Decision[]
  readonly csv: { readonly rows: readonly Readonly<Record<string, number>>[]; readonly text: string }
  readonly averages: readonly {
    readonly swapOnEpoch: boolean
    readonly x: number[]
    readonly y: number[]
    readonly first: readonly number[][]
    readonly last: readonly number[][]
    readonly loss: readonly number[]
    readonly valLoss: readonly number[]
  }[]
} = JSON.parse(readFileSync(new URL('callbacks-keras.json', import.meta.url), 'utf8'))

function made({ callback, config }: Decision): Callback {
  // Options come from the file; each factory checks its own.
  const options = config as never
  switch (callback) {
    case 'EarlyStopping':
      return callbacks.earlyStopping(options)
    case 'ReduceLROnPlateau':
      return callbacks.reduceLrOnPlateau(options)
    case 'ModelCheckpoint':
      return callbacks.modelCheckpoint(options)
    case 'LearningRateScheduler':
      return callbacks.learningRateScheduler((epoch, rate) => (epoch % 2 === 1 ? rate * 0.5 : rate))
  }
}

/** A run whose weights are the number of the epoch. */
class Run implements TrainRun {
  epoch = -1
  restored: number | null = null
  readonly saved: Decision['saved'][number][] = []
  constructor(private rate: number) {}
  get learningRate(): number {
    return this.rate
  }
  set learningRate(rate: number) {
    this.rate = Math.fround(rate) // as the training state holds it
  }
  weights(): ReadonlyMap<string, TensorData<'float32'>> {
    return new Map([['w', fromNumbers('float32', [], [this.epoch])]])
  }
  restore(weights: ReadonlyMap<string, TensorData<'float32'>>): void {
    this.restored = Number(weights.get('w')?.data[0])
  }
  swapAverages(): void {}
  async save(path: string, { weightsOnly = false } = {}): Promise<void> {
    this.saved.push({ epoch: this.epoch, path: basename(path), weightsOnly })
  }
  graph(): Graph {
    return new Graph({ inputs: [], outputs: [Value.constant(fromNumbers('float32', [], [0]))] })
  }
}

async function decide(item: Decision): Promise<Pick<Decision, 'epochs' | 'restored' | 'rates' | 'saved'>> {
  const callback = made(item)
  const run = new Run(Math.fround(item.rate))
  const steps = 3
  await callback.onTrainBegin?.({
    epochs: item.results.length,
    stepsPerEpoch: steps,
    samplesPerEpoch: 3,
    batchSize: 1,
    run,
  })
  const rates: number[] = []
  for (const [epoch, result] of item.results.entries()) {
    const value = result ?? Number.NaN
    run.epoch = epoch
    const logs = { loss: value / 2, [item.key]: value }
    await callback.onEpochBegin?.(epoch)
    for (let step = 1; step <= steps; step++)
      await callback.onBatchEnd?.({ epoch, step, steps, samples: step, loss: value / 2, logs: () => logs })
    const answer = await callback.onEpochEnd?.({ epoch, logs, seconds: 1 })
    rates.push(run.learningRate)
    if (answer === 'stop') break
  }
  await callback.onTrainEnd?.({})
  return { epochs: run.epoch + 1, restored: run.restored, rates, saved: run.saved }
}

describe('callbacks decide as Keras’s', () => {
  test.each(golden.decisions.map(item => ({ ...item, title: `${item.callback} ${JSON.stringify(item.config)}` })))(
    '$title',
    async item => {
      const { rates, ...rest } = await decide(item)
      expect(rest).toEqual({ epochs: item.epochs, restored: item.restored, saved: item.saved })
      expect(rates).toHaveLength(item.rates.length)
      for (const [i, rate] of item.rates.entries()) expect(Math.abs((rates[i] ?? 0) / rate - 1)).toBeLessThan(1e-6)
    },
  )
})

test('csvLogger writes the numbers that Keras writes', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'tenon-csv-')), 'log.csv')
  const logger = callbacks.csvLogger({ path, separator: ';' })
  await logger.onTrainBegin?.({ epochs: 3, stepsPerEpoch: 1, samplesPerEpoch: 1, batchSize: 1, run: new Run(1) })
  for (const [epoch, logs] of golden.csv.rows.entries()) await logger.onEpochEnd?.({ epoch, logs, seconds: 1 })
  expect(table(readFileSync(path, 'utf8'))).toEqual(table(golden.csv.text))
})

/** Rows by the columns' names, in camelCase. */
function table(text: string): Record<string, number | string>[] {
  const [head = [], ...rows] = text
    .trim()
    .split(/\r?\n/)
    .map(line => line.split(';'))
  const names = head.map(name => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()))
  return rows.map(row => Object.fromEntries(row.map((cell, i) => [names[i], cell === 'NA' ? cell : Number(cell)])))
}

test.each(golden.averages)('swapEmaWeights validates as in Keras, swapOnEpoch: $swapOnEpoch', async item => {
  const x = fromNumbers('float32', [12, 3], item.x)
  const y = fromNumbers('float32', [12, 1], item.y)
  const model = sequential([layers.input({ shape: [3] }), layers.dense({ units: 1 })])
  const [kernel = [], bias = []] = item.first
  model.setWeights([fromNumbers('float32', [3, 1], kernel), fromNumbers('float32', [1], bias)])
  model.compile({ optimizer: sgd({ learningRate: 0.2, useEma: true, emaMomentum: 0.7 }), loss: 'meanSquaredError' })
  const { history } = await model.fit(x, y, {
    epochs: 4,
    batchSize: 4,
    shuffle: false,
    validationData: [x, y],
    callbacks: [callbacks.swapEmaWeights({ swapOnEpoch: item.swapOnEpoch })],
  })
  item.loss.forEach((loss, i) => {
    expect(history.loss[i]).toBeCloseTo(loss, 5)
    expect(history['valLoss']?.[i]).toBeCloseTo(item.valLoss[i] ?? 0, 5)
  })
  model.getWeights().forEach(({ data }, k) => {
    data.forEach((value, i) => {
      expect(value).toBeCloseTo(item.last[k]?.[i] ?? 0, 5)
    })
  })
})
