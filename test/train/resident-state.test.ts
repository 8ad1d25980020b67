import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromNumbers, type TensorData } from '../../src/core/tensor-data.ts'
import { sequential } from '../../src/models/sequential.ts'
import * as layers from '../../src/nn/layers/index.ts'
import type { Engine } from '../../src/runtime/engine.ts'
import { createEngine, webgpuAvailable } from '../../src/runtime/index.ts'
import type { Callback } from '../../src/train/callbacks/callback.ts'
import { earlyStopping, modelCheckpoint, swapEmaWeights } from '../../src/train/callbacks/index.ts'
import { adam } from '../../src/train/optimizers/adam.ts'
import type { Optimizer } from '../../src/train/optimizers/optimizer.ts'
import { sgd } from '../../src/train/optimizers/sgd.ts'
import { clouds } from '../support/clouds.ts'
import { residentEngine } from '../support/resident-engine.ts'
import { testEngine, worstError } from '../support/run.ts'

/**
 * Training on an engine with a memory of its own, where the state stays: a stand-in for a graphics card that anything but reading on
 * purpose fails with, and that counts. test/browser does the same on WebGPU.
 */

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenon-resident-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** With weights that gradients train, statistics that layers update, and random bits. */
function model(
  engine: Engine,
  {
    optimizer = adam({ learningRate: 0.02 }),
    units = 8,
    activation = 'relu',
    seed = 1,
  }: {
    readonly optimizer?: Optimizer
    readonly units?: number
    readonly activation?: 'relu' | 'tanh'
    readonly seed?: number
  } = {},
) {
  const made = sequential(
    [
      layers.input({ shape: [2] }),
      layers.dense({ units, activation }),
      layers.batchNormalization(),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
    { seed },
  )
  return made.compile({ optimizer, loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'], engine })
}

const bits = (weights: readonly TensorData<'float32'>[]) =>
  weights.map(weight => [...new Uint32Array(weight.data.slice().buffer)])

/** What two engines make of the same work; the second one must have its memory back in the end. */
async function both<T>(work: (engine: Engine, name: string) => Promise<T>): Promise<readonly [T, T]> {
  const { engine, traffic } = residentEngine()
  const results = [await work(testEngine, 'here'), await work(engine, 'there')] as const
  expect(traffic.written).toBeGreaterThan(0)
  return results
}

describe('a state in the memory of the engine', () => {
  test('fit gives the same bits, and the memory back', async () => {
    const { x, y } = clouds(60)
    const { engine, traffic } = residentEngine()
    const run = async (engine: Engine) => {
      const m = model(engine)
      const { history } = await m.fit(x, y, { epochs: 3, batchSize: 16, seed: 3, validationSplit: 0.2 })
      return { history, weights: bits(m.getWeights()), memory: m.optimizerMemory?.steps }
    }
    expect(await run(engine)).toEqual(await run(testEngine))
    expect(traffic.peak).toBeGreaterThan(0)
    expect(traffic.live).toBe(0)
  })

  test('what a step moves does not depend on the weights', async () => {
    const { x, y } = clouds(60)
    const moved = async (units: number) => {
      const { engine, traffic } = residentEngine()
      const m = model(engine, { units })
      // Three generations of the weights are kept.
      for (let i = 0; i < 3; i++) await m.trainOnBatch(x, y)
      const before = { ...traffic }
      for (let i = 0; i < 5; i++) await m.trainOnBatch(x, y)
      return {
        written: traffic.written - before.written,
        read: traffic.read - before.read,
        live: traffic.live - before.live,
      }
    }
    expect(await moved(8)).toEqual({ written: 0, read: 0, live: 0 })
    expect(await moved(512)).toEqual({ written: 0, read: 0, live: 0 })
  })

  test('an epoch without a look at the weights reads nothing; the end reads each part once', async () => {
    const { x, y } = clouds(60)
    const { engine, traffic } = residentEngine()
    const m = model(engine)
    const quiet = await m.fit(x, y, { epochs: 4, batchSize: 16, seed: 1 })
    expect(quiet.history.loss).toHaveLength(4)
    // Weights, and two slots for those that are trained.
    const [all, statistics] = [m.parameters, 2 * 8]
    expect(traffic.read).toBe(4 * (3 * (all - statistics) + statistics))
    expect(traffic.written).toBe(traffic.read)
  })

  test('a killed run goes on bit for bit', async () => {
    const { x, y } = clouds(60)
    const options = { epochs: 4, batchSize: 16, seed: 9, validationSplit: 0.2 }
    const [here, there] = await both(async (engine, name) => {
      const path = join(folder, `${name}.ckpt`)
      const killed: Callback = {
        onBatchEnd: ({ epoch, step }) => {
          if (epoch === 2 && step === 2) throw new Error('killed')
        },
      }
      const checkpoint = { path, everySteps: 1 }
      await expect(model(engine).fit(x, y, { ...options, callbacks: [killed], checkpoint })).rejects.toThrow('killed')
      const resumed = model(engine, { seed: 77 })
      const { history } = await resumed.fit(x, y, { ...options, checkpoint })
      return { history, weights: bits(resumed.getWeights()) }
    })
    expect(there).toEqual(here)
    const whole = model(testEngine)
    await whole.fit(x, y, options)
    expect(there.weights).toEqual(bits(whole.getWeights()))
  })

  test('a checkpoint of one engine is one for the other', async () => {
    const { x, y } = clouds(60)
    const path = join(folder, 'moved.ckpt')
    const options = { epochs: 3, batchSize: 16, seed: 9, checkpoint: path }
    const stop: Callback = { onEpochEnd: () => 'stop' }
    await model(residentEngine().engine).fit(x, y, { ...options, callbacks: [stop] })
    const [resumed, whole] = [model(testEngine, { seed: 5 }), model(testEngine)]
    await resumed.fit(x, y, options)
    await whole.fit(x, y, { epochs: 3, batchSize: 16, seed: 9 })
    expect(bits(resumed.getWeights())).toEqual(bits(whole.getWeights()))
  })

  test('a loss of NaN goes back to the last good weights', async () => {
    const { x, y } = clouds(60)
    const bad = fromNumbers('float32', [60, 2], Array.from(x.data as Float32Array))
    ;(bad.data as Float32Array)[2 * 37] = Number.NaN
    const [here, there] = await both(async engine => {
      const m = model(engine)
      await m.fit(x, y, { epochs: 1, batchSize: 16, seed: 1 })
      const fitted = await m.fit(bad, y, { epochs: 1, batchSize: 16, shuffle: false, seed: 1 }).catch(String)
      const weights = bits(m.getWeights())
      const single = await m.trainOnBatch(bad, y).catch(String)
      expect(bits(m.getWeights())).toEqual(weights)
      const { loss } = await m.trainOnBatch(x, y)
      return { fitted, weights, single, loss }
    })
    expect(here.fitted).toMatch(/sample 37 of the data/)
    expect(here.single).toMatch(/NaN/)
    expect(Number.isFinite(here.loss)).toBe(true)
    expect(there).toEqual(here)
  })

  test('weights that explode are found a step late, and put back', async () => {
    const { x, y } = clouds(60)
    const [here, there] = await both(async engine => {
      const m = model(engine, { optimizer: sgd({ learningRate: 3e38 }) })
      const message = await m.fit(x, y, { epochs: 2, batchSize: 16, seed: 1, shuffle: false }).catch(String)
      return {
        message,
        weights: bits(m.getWeights()),
        finite: m.getWeights().every(w => w.data.every(Number.isFinite)),
      }
    })
    expect(here.finite).toBe(true)
    expect(there).toEqual(here)
  })

  test('callbacks read, save, restore and exchange weights', async () => {
    const { x, y } = clouds(60)
    const [here, there] = await both(async (engine, name) => {
      const seen: unknown[] = []
      const m = model(engine, { optimizer: adam({ learningRate: 0.05, useEma: true, emaMomentum: 0.9 }) })
      const watching: Callback = {
        onEpochEnd: () => void seen.push(bits(m.getWeights())),
      }
      const path = join(folder, `${name}-{epoch}.keras`)
      const callbacks = [
        swapEmaWeights(),
        watching,
        modelCheckpoint({ path, saveFreq: 2 }),
        earlyStopping({ monitor: 'valLoss', restoreBestWeights: true, patience: 1 }),
      ]
      const { history } = await m.fit(x, y, { epochs: 6, batchSize: 16, seed: 2, validationSplit: 0.3, callbacks })
      return { history, seen, weights: bits(m.getWeights()) }
    })
    expect(here.seen.length).toBeGreaterThan(1)
    expect(there).toEqual(here)
  })

  test('what follows trainOnBatch sees what it learnt', async () => {
    const { x, y } = clouds(60)
    const [here, there] = await both(async (engine, name) => {
      const m = model(engine)
      for (let i = 0; i < 3; i++) await m.trainOnBatch(x, y)
      const evaluation = await m.evaluate(x, y)
      for (let i = 0; i < 3; i++) await m.trainOnBatch(x, y)
      const predicted = await m.predict(x)
      for (let i = 0; i < 3; i++) await m.trainOnBatch(x, y)
      await m.save(join(folder, `${name}.keras`))
      for (let i = 0; i < 3; i++) await m.trainOnBatch(x, y)
      await m.exportOnnx(join(folder, `${name}.onnx`))
      await m.trainOnBatch(x, y)
      // Another optimizer goes on from where the one before was.
      m.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'sparseCategoricalCrossentropy', engine })
      await m.trainOnBatch(x, y)
      await m.syncWeights()
      return {
        evaluation,
        predicted: [...(predicted.data as Float32Array)],
        weights: bits(m.getWeights()),
        slots: [...(m.optimizerMemory?.weights.values() ?? [])].map(slots => [...slots]),
      }
    })
    expect(there).toEqual(here)
  })

  test('reading at once after trainOnBatch says what to wait for', async () => {
    const { x, y } = clouds(60)
    const m = model(residentEngine().engine)
    await m.trainOnBatch(x, y)
    expect(() => m.getWeights()).toThrow(/left there.*await model\.syncWeights\(\)/)
    expect(() => m.optimizerMemory).toThrow(/await model\.syncWeights\(\)/)
    // Having asked is not the end of it.
    await m.trainOnBatch(x, y)
    expect(() => m.getWeights()).toThrow(/await model\.syncWeights\(\)/)
    await m.syncWeights()
    expect(m.getWeights().length).toBeGreaterThan(0)
    // Weights that were set go there with the next step.
    m.setWeights(m.getWeights().map(weight => ({ ...weight, data: weight.data.map(() => 0.5) })))
    const other = model(testEngine)
    other.setWeights(m.getWeights())
    expect((await m.evaluate(x, y)).loss).toBe((await other.evaluate(x, y)).loss)
  })

  test('models that share a layer see each other train', async () => {
    const { x, y } = clouds(60)
    const [here, there] = await both(async engine => {
      const shared = layers.dense({ units: 4, activation: 'tanh' })
      const make = () =>
        sequential([layers.input({ shape: [2] }), shared, layers.dense({ units: 3, activation: 'softmax' })], {
          seed: 4,
        }).compile({
          optimizer: sgd({ learningRate: 0.1 }),
          loss: 'sparseCategoricalCrossentropy',
          engine,
        })
      const [a, b] = [make(), make()]
      const losses = []
      for (let i = 0; i < 3; i++) for (const m of [a, b]) losses.push((await m.trainOnBatch(x, y)).loss)
      return losses
    })
    expect(there).toEqual(here)
  })
})

const adapter = await webgpuAvailable()

/** The same on a graphics card, where there is one. */
describe.runIf(adapter.available)('a state on an adapter', () => {
  const near = (a: readonly TensorData<'float32'>[], b: readonly TensorData<'float32'>[]) =>
    Math.max(...a.map((tensor, i) => worstError(tensor, b[i] ?? tensor)))

  test('trains, evaluates, predicts and goes on as on the CPU', async () => {
    const { x, y } = clouds(60)
    const run = async (engine: Engine, name: string) => {
      const checkpoint = join(folder, `${name}-card.ckpt`)
      const options = { batchSize: 16, seed: 3, validationSplit: 0.2, checkpoint }
      await model(engine).fit(x, y, { ...options, epochs: 3, callbacks: [{ onEpochEnd: () => 'stop' }] })
      const m = model(engine, { seed: 7 })
      const { history } = await m.fit(x, y, { ...options, epochs: 3 })
      const { loss } = await m.evaluate(x, y)
      await m.trainOnBatch(x, y)
      const predicted = [await m.predict(x)].flat() as TensorData<'float32'>[]
      await m.trainOnBatch(x, y)
      await m.syncWeights()
      return { losses: fromNumbers('float32', [4], [...history.loss, loss]), predicted, weights: m.getWeights() }
    }
    const [here, there] = [await run(testEngine, 'cpu'), await run(await createEngine('webgpu'), 'webgpu')]
    expect(worstError(there.losses, here.losses)).toBeLessThan(1e-4)
    expect(near(there.predicted, here.predicted)).toBeLessThan(1e-3)
    expect(near(there.weights, here.weights)).toBeLessThan(1e-3)
  })

  test('a loss of NaN goes back to the last good weights', async () => {
    const { x, y } = clouds(60)
    // A graphics card's maximum of NaN and 0 may be 0, which ReLU then goes on with.
    const m = model(await createEngine('webgpu'), { activation: 'tanh' })
    await m.trainOnBatch(x, y)
    await m.syncWeights()
    const good = bits(m.getWeights())
    const bad = fromNumbers('float32', [60, 2], Array.from(x.data as Float32Array))
    ;(bad.data as Float32Array)[2 * 37] = Number.NaN
    await expect(m.trainOnBatch(bad, y)).rejects.toThrow('sample 37 of the data')
    expect(bits(m.getWeights())).toEqual(good)
  })
})
