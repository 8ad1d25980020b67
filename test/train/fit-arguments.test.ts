import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { type Callback, callbacks, layers, progressBar, sequential, sgd } from '../../src/index.ts'
import type { BatchOf } from '../../src/train/batches.ts'
import { DataSource } from '../../src/train/data-source.ts'
import { ArrayFeed } from '../../src/train/feed.ts'
import { uniform } from '../golden/hash.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenon-arguments-'))
})
afterAll(() => rm(folder, { recursive: true }))

const x = fromNumbers('float32', [12, 2], uniform(1, 24, 1))
const y = fromNumbers('float32', [12, 1], uniform(2, 12, 1))
const net = (useEma = false) =>
  sequential([layers.input({ shape: [2] }), layers.dropout({ rate: 0.3 }), layers.dense({ units: 1 })], {
    seed: 1,
  }).compile({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9, useEma }), loss: 'meanSquaredError' })

function* batches(count: number, size = 3): Generator<BatchOf> {
  for (let i = 0; i < count; i++)
    yield [
      fromNumbers('float32', [size, 2], uniform(10 + i, 2 * size, 1)),
      fromNumbers('float32', [size, 1], uniform(50 + i, size, 1)),
    ]
}

describe('options that cannot be meant are refused when fit is called', () => {
  test.each([
    [{ initialEpoch: -1 }, "'initialEpoch' to be an integer of 0 or more"],
    [{ initialEpoch: 0.5 }, "'initialEpoch'"],
    [{ stepsPerEpoch: 0 }, "'stepsPerEpoch' to be a positive integer"],
    [{ validationSteps: 1.5 }, "'validationSteps'"],
    [{ validationBatchSize: -3 }, "'validationBatchSize'"],
    [{ validationFreq: 0 }, "'validationFreq'"],
    [{ validationFreq: [1, 0] }, "'validationFreq'"],
    [{ validationSplit: 1 }, "'validationSplit' between 0 and 1"],
    [{ validationSplit: -0.1 }, "'validationSplit'"],
    [{ batchSize: 0 }, "'batchSize'"],
  ])('%j', async (options, message) => {
    await expect(net().fit(x, y, options)).rejects.toThrow(message)
  })
  test('steps and sizes of evaluate and predict', async () => {
    await expect(net().evaluate(x, y, { batchSize: 0 })).rejects.toThrow("evaluate: expected 'batchSize'")
    await expect(net().evaluate(x, y, { steps: 1.5 })).rejects.toThrow("'steps'")
    await expect(net().predict(x, { batchSize: -1 })).rejects.toThrow("predict: expected 'batchSize'")
  })
  test('another kind of shuffling, by JavaScript', async () => {
    // What TypeScript does not let through.
    const options = { shuffle: 'batches' } as unknown as { shuffle: 'batch' }
    await expect(net().fit(x, y, options)).rejects.toThrow("'shuffle' to be true, false or 'batch'")
  })
})

describe('batches made one after the other', () => {
  test.each(['batchSize', 'sampleWeight', 'classWeight', 'validationSplit', 'shuffle'])('take no %s', async name => {
    const value = name === 'validationSplit' ? 0.5 : name === 'batchSize' ? 4 : true
    await expect(net().fit(batches(3), { [name]: value })).rejects.toThrow(`no '${name}' for batches`)
  })
  test('a generator that ends: one epoch, of as many steps as it has', async () => {
    const steps: number[] = []
    const seen: Callback = { onBatchEnd: ({ step, steps: all }) => void steps.push(step, all) }
    const { history } = await net().fit(batches(3), { callbacks: [seen] })
    expect(history.loss).toHaveLength(1)
    expect(steps).toEqual([1, Infinity, 2, Infinity, 3, Infinity])
    await expect(net().fit(batches(3), { epochs: 2 })).rejects.toThrow(/fit: expected at least one more batch.*end/s)
    await expect(net().fit(batches(0))).rejects.toThrow('at least one more batch')
  })
  test('what can be iterated again is, for each epoch and from asynchronous sources', async () => {
    let [passes, given] = [0, 0]
    const source = {
      async *[Symbol.asyncIterator]() {
        passes++
        for (const batch of batches(3)) {
          given++
          yield batch
        }
      },
    }
    const { history } = await net().fit(source, { epochs: 2, validationData: source })
    expect(history.valLoss).toHaveLength(2)
    expect([passes, given]).toEqual([4, 12])
  })
  test('an epoch ends early where the stream does, and the next one begins anew', async () => {
    const source = { [Symbol.iterator]: () => batches(5) }
    const ends: number[] = []
    let last = 0
    const seen: Callback = {
      onBatchEnd: ({ step }) => {
        last = step
      },
      onEpochEnd: () => void ends.push(last),
    }
    await net().fit(source, { epochs: 4, stepsPerEpoch: 3, callbacks: [seen] })
    expect(ends).toEqual([3, 2, 3, 2])
  })
  test('that are none', async () => {
    const bad = [[x], [x, y, y, y], 7]
    for (const batch of bad)
      await expect(
        // What TypeScript does not let through.
        net().fit(new Set([batch]) as unknown as Iterable<BatchOf> & { length?: never }),
      ).rejects.toThrow('batches of [inputs, targets]')
    await expect(net().predict(batches(2) as never, { steps: 1 })).resolves.toMatchObject({ shape: [3, 1] })
  })
  test('go on from a checkpoint bit for bit', async () => {
    const path = join(folder, 'stream.ckpt')
    const options = { epochs: 3, stepsPerEpoch: 4, seed: 5 }
    const whole = net()
    const unbroken = await whole.fit(batches(12), options)
    const killed: Callback = {
      onBatchEnd: ({ epoch, step }) => {
        if (epoch === 1 && step === 3) throw new Error('killed')
      },
    }
    const checkpoint = { path, everySteps: 2 }
    await expect(net().fit(batches(12), { ...options, checkpoint, callbacks: [killed] })).rejects.toThrow('killed')
    const resumed = net()
    const result = await resumed.fit(batches(12), { ...options, checkpoint })
    expect(resumed.getWeights()).toEqual(whole.getWeights())
    expect(result.history).toEqual(unbroken.history)
  })
})

describe('epochs', () => {
  test('from initialEpoch on are those that an unbroken run has: shuffled alike', async () => {
    const order = async (options: object) => {
      const losses: string[] = []
      const seen: Callback = { onBatchEnd: ({ epoch, loss }) => void losses.push(`${epoch} ${loss.toFixed(6)}`) }
      const frozen = sequential([layers.input({ shape: [2] }), layers.dense({ units: 1 })], { seed: 1 })
      frozen.compile({ optimizer: sgd({ learningRate: 0 }), loss: 'meanSquaredError' })
      await frozen.fit(x, y, { epochs: 3, batchSize: 5, seed: 9, ...options, callbacks: [seen] })
      return losses
    }
    const all = await order({})
    expect(await order({ initialEpoch: 2 })).toEqual(all.slice(-3))
  })
  test('a run with steps per epoch goes on from a checkpoint, and refuses other steps', async () => {
    const path = join(folder, 'steps.ckpt')
    const options = { epochs: 5, initialEpoch: 1, batchSize: 5, stepsPerEpoch: 2, seed: 5, validationFreq: 2 }
    const given = { ...options, validationData: [x, y] as const }
    const [whole, resumed] = [net(), net()]
    const unbroken = await whole.fit(x, y, given)
    await net().fit(x, y, { ...given, epochs: 3, checkpoint: path })
    const result = await resumed.fit(x, y, { ...given, checkpoint: path })
    expect(resumed.getWeights()).toEqual(whole.getWeights())
    expect(result.history).toEqual(unbroken.history)
    expect(unbroken.history.loss).toHaveLength(4)
    expect(unbroken.history.valLoss).toHaveLength(2)
    await expect(net().fit(x, y, { ...given, stepsPerEpoch: 3, checkpoint: path })).rejects.toThrow('epochs of 2 steps')
  })
  test('one that a callback breaks off is in the history, and is finished by the run that goes on', async () => {
    const path = join(folder, 'stopped.ckpt')
    const options = { epochs: 2, batchSize: 4, seed: 3, checkpoint: path, validationSplit: 0.25 }
    const stop: Callback = { onBatchEnd: ({ epoch, step }) => (epoch === 1 && step === 2 ? 'stop' : undefined) }
    const first = await net().fit(x, y, { ...options, callbacks: [stop] })
    expect(first).toMatchObject({ aborted: false, history: { loss: { length: 2 }, valLoss: { length: 2 } } })
    const [whole, resumed] = [net(), net()]
    const unbroken = await whole.fit(x, y, { ...options, checkpoint: join(folder, 'whole.ckpt') })
    const result = await resumed.fit(x, y, options)
    expect(resumed.getWeights()).toEqual(whole.getWeights())
    expect(result.history).toEqual(unbroken.history)
  })
  test("shuffle 'batch' keeps the batches and changes the order within, in each pass", async () => {
    const numbers = fromNumbers('float32', [20, 1], uniform(7, 20, 1))
    const frozen = sequential([layers.input({ shape: [1] }), layers.dense({ units: 1 })], { seed: 1 })
    const source = DataSource.create(numbers, numbers, frozen.network, [{ loss: undefined, weight: 1, metrics: [] }])
    // Nothing runs: only the order is looked at.
    const feed = new ArrayFeed(source, () => Promise.reject(new Error('not to be loaded')), {
      batchSize: 8,
      shuffle: 'batch',
    })
    const orders = [0, 1].map(epoch => {
      feed.begin(epoch, 0, 5)
      return [...feed.orderOfPass]
    })
    for (const order of orders)
      for (const [start, end] of [
        [0, 8],
        [8, 16],
        [16, 20],
      ] as const) {
        const own = order.slice(start, end)
        const plain = Array.from({ length: end - start }, (_, i) => start + i)
        expect(own.toSorted((x, y) => x - y)).toEqual(plain)
      }
    expect(orders[0]).not.toEqual(orders[1])
    expect(orders[0]).not.toEqual([...source.order(undefined)])
  })
})

describe('callbacks of runs that validate now and then', () => {
  const given = { epochs: 6, validationFreq: 2, validationData: [x, y] as const, seed: 1 }
  test('early stopping counts the epochs that were validated', async () => {
    const stopper = callbacks.earlyStopping({ patience: 1, mode: 'max' }) // the loss falls: no epoch but the first is better
    const { history } = await net().fit(x, y, { ...given, callbacks: [stopper] })
    expect(stopper.stoppedEpoch).toBe(3)
    expect(history.valLoss).toHaveLength(2)
    expect(history.loss).toHaveLength(4)
    const misspelt = callbacks.earlyStopping({ monitor: 'valLos' })
    await expect(net().fit(x, y, { ...given, callbacks: [misspelt] })).rejects.toThrow("received 'valLos'")
  })
  test('model checkpoints, plateaus and logs leave out the others', async () => {
    const saved: number[] = []
    let epoch = 0
    const csv = join(folder, 'log.csv')
    const spy: Callback = {
      onTrainBegin({ run }) {
        const { save } = run
        run.save = async (path, options) => {
          saved.push(epoch)
          await save(path, options)
        }
      },
      onEpochBegin(index) {
        epoch = index
      },
    }
    await net().fit(x, y, {
      ...given,
      epochs: 4,
      callbacks: [
        spy,
        callbacks.modelCheckpoint({
          path: join(folder, 'best.safetensors'),
          saveBestOnly: true,
          saveWeightsOnly: true,
        }),
        callbacks.reduceLrOnPlateau({ patience: 1 }),
        callbacks.csvLogger({ path: csv }),
      ],
    })
    expect(saved.every(index => index === 1 || index === 3)).toBe(true)
    expect(saved).toContain(1)
    const [head, first = '', second = ''] = (await readFile(csv, 'utf8')).trim().split('\n')
    expect(head).toBe('epoch,loss,valLoss')
    expect(first.endsWith(',NA')).toBe(true)
    expect(second.endsWith(',NA')).toBe(false)
  })
})

describe('running averages', () => {
  test('are what evaluate and predict use with swapEmaWeights; the weights come back after', async () => {
    const model = net(true)
    await model.fit(x, y, { epochs: 2, batchSize: 4, seed: 1 })
    const averages = model.getWeights()
    // Steps after fit has put the averages into the model: weights and averages differ again.
    for (const _ of [0, 1, 2]) await model.trainOnBatch(x, y)
    const weights = model.getWeights()
    const plain = await model.predict(x)
    const swapped = await model.predict(x, { callbacks: [callbacks.swapEmaWeights()] })
    expect(swapped.data).not.toEqual(plain.data)
    expect(model.getWeights()).toEqual(weights)
    expect(weights).not.toEqual(averages)
    const { loss } = await model.evaluate(x, y)
    const { loss: other } = await model.evaluate(x, y, { callbacks: [callbacks.swapEmaWeights()] })
    expect(other).not.toBe(loss)
    expect(model.getWeights()).toEqual(weights)
    await expect(net(true).predict(x, { callbacks: [callbacks.swapEmaWeights()] })).rejects.toThrow('useEma')
  })
})

test('the progress bar shows evaluations and predictions, and is silent in validation', async () => {
  let text = ''
  const bar = () => progressBar({ write: piece => (text += piece) }, () => 0)
  const model = net()
  await model.evaluate(x, y, { batchSize: 4, callbacks: [bar()] })
  expect(text).toMatch(/^Evaluation {2}3\/3 ━+ 0\.0s · loss \d\.\d{4}\n$/)
  text = ''
  await model.predict(x, { batchSize: 5, callbacks: [bar()] })
  expect(text).toBe('Prediction  3/3 ━━━━━━━━━━━━━━━━━━━━ 0.0s\n')
  text = ''
  await model.fit(batches(3), { validationData: [x, y], callbacks: [bar()] })
  expect(text).toMatch(/^Epoch 1\/1 {2}3 steps .* val loss \d\.\d{4}\n$/)
  expect(text.match(/\n/g)).toHaveLength(1)
})

test('class weights ask for one class per sample', async () => {
  const steps = sequential([layers.input({ shape: [2, 2] }), layers.dense({ units: 3, activation: 'softmax' })])
  steps.compile({ loss: 'sparseCategoricalCrossentropy' })
  const labels = fromNumbers('int32', [6, 2], [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])
  await expect(
    steps.fit(fromNumbers('float32', [6, 2, 2], uniform(1, 24, 1)), labels, { classWeight: { 0: 2 } }),
  ).rejects.toThrow(/one class per sample.*\[6, 2\]/)
})
