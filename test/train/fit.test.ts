import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromNumbers, type TensorData } from '../../src/core/tensor-data.ts'
import { sequential } from '../../src/models/sequential.ts'
import * as layers from '../../src/nn/layers/index.ts'
import type { Callback } from '../../src/train/callbacks/callback.ts'
import { adam } from '../../src/train/optimizers/adam.ts'
import { clouds } from '../support/clouds.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenon-fit-'))
})
afterAll(() => rm(folder, { recursive: true }))

const model = (seed = 1) => {
  const made = sequential(
    [
      layers.input({ shape: [2] }),
      layers.dense({ units: 16, activation: 'relu' }),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
    { seed },
  )
  return made.compile({
    optimizer: adam({ learningRate: 0.02 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  })
}
const bits = (weights: readonly TensorData<'float32'>[]) =>
  weights.map(weight => [...new Uint32Array(weight.data.slice().buffer)])

describe('fit', () => {
  test('learns, and reports loss and metrics for both parts', async () => {
    const { x, y } = clouds(90)
    const m = model()
    const { history } = await m.fit(x, y, { epochs: 30, batchSize: 16, validationSplit: 0.2, seed: 3 })
    expect(history.loss).toHaveLength(30)
    expect(history.valAccuracy).toHaveLength(30)
    expect(history.loss.at(-1)).toBeLessThan((history.loss[0] ?? 0) / 3)
    const { loss, accuracy } = await m.evaluate(x, y)
    expect(accuracy).toBeGreaterThan(0.9)
    expect(loss).toBeGreaterThan(0)
  })

  test('the same seeds give the same bits; other seeds give others', async () => {
    const { x, y } = clouds(90)
    const run = async (seed: number) => {
      const m = model()
      await m.fit(x, y, { epochs: 3, batchSize: 16, seed })
      return bits(m.getWeights())
    }
    const [a, b, c] = [await run(3), await run(3), await run(4)]
    expect(a).toEqual(b)
    expect(a).not.toEqual(c)
  })

  test('a run killed in mid-epoch and resumed equals an unbroken one, bit for bit', async () => {
    const { x, y } = clouds(90)
    const options = { epochs: 4, batchSize: 16, seed: 9, validationSplit: 0.2 }
    const whole = model()
    const unbroken = await whole.fit(x, y, options)

    const path = join(folder, 'run.ckpt')
    const killed: Callback = {
      onBatchEnd: ({ epoch, step }) => {
        if (epoch === 2 && step === 3) throw new Error('killed')
      },
    }
    await expect(
      model().fit(x, y, { ...options, callbacks: [killed], checkpoint: { path, everySteps: 2 } }),
    ).rejects.toThrow('killed')
    const resumed = model(77) // other first weights: they all come from the checkpoint
    const result = await resumed.fit(x, y, { ...options, seed: 1234, checkpoint: { path, everySteps: 2 } })
    expect(bits(resumed.getWeights())).toEqual(bits(whole.getWeights()))
    expect(result.history).toEqual(unbroken.history)
  })

  test('an aborted run finishes its step, saves, and goes on later', async () => {
    const { x, y } = clouds(90)
    const path = join(folder, 'abort.ckpt')
    const controller = new AbortController()
    const stop: Callback = { onBatchEnd: ({ epoch, step }) => void (epoch === 1 && step === 2 && controller.abort()) }
    const options = { epochs: 3, batchSize: 16, seed: 9 }
    const first = await model().fit(x, y, {
      ...options,
      signal: controller.signal,
      callbacks: [stop],
      checkpoint: path,
    })
    expect(first.aborted).toBe(true)
    expect(first.history.loss).toHaveLength(1)
    const [resumed, whole] = [model(5), model()]
    await resumed.fit(x, y, { ...options, checkpoint: path })
    await whole.fit(x, y, options)
    expect(bits(resumed.getWeights())).toEqual(bits(whole.getWeights()))
  })

  test('the validation split is the last samples, before shuffling', async () => {
    const { x, y } = clouds(10)
    const m = sequential([layers.input({ shape: [2] }), layers.dense({ units: 3, activation: 'softmax' })], { seed: 1 })
    const compiled = m.compile({ optimizer: adam({ learningRate: 0 }), loss: 'sparseCategoricalCrossentropy' })
    const { history } = await compiled.fit(x, y, { validationSplit: 0.2 })
    const tail = {
      x: fromNumbers('float32', [2, 2], Array.from(x.data as Float32Array).slice(16)),
      y: fromNumbers('int32', [2], Array.from(y.data as Int32Array).slice(8)),
    }
    expect(history.valLoss?.[0]).toBeCloseTo((await compiled.evaluate(tail.x, tail.y)).loss, 6)
  })
})
