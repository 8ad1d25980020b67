import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { layers, model, sequential } from '../../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tenon-model-'))
afterAll(() => rmSync(folder, { recursive: true }))

const x = [
  [0.5, -1, 2],
  [1, 0.25, -0.5],
  [-2, 1, 1],
  [0, 0.5, -1],
]
const y = [0, 1, 1, 0]

const dropping = () => {
  const net = sequential(
    [
      layers.input({ shape: [3] }),
      layers.dense({ units: 8, activation: 'relu' }),
      layers.dropout({ rate: 0.5 }),
      layers.dense({ units: 2, activation: 'softmax' }),
    ],
    { seed: 1 },
  )
  net.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
  return net
}

describe('one batch at a time', () => {
  test('a seed decides what training draws', async () => {
    const lossesOf = async (...seeds: (number | undefined)[]) => {
      const net = dropping()
      const losses: number[] = []
      for (const seed of seeds) losses.push((await net.trainOnBatch(x, y, seed === undefined ? {} : { seed })).loss)
      return losses
    }
    const [a, b] = await lossesOf(3, undefined)
    expect(await lossesOf(3, 3)).toEqual([a, b])
    const [other] = await lossesOf(4)
    expect(other).not.toBe(a)
    expect((await lossesOf(undefined))[0]).toBe((await lossesOf(0))[0])
    await expect(dropping().trainOnBatch(x, y, { seed: 0.5 })).rejects.toThrow("'seed' to be an integer")
  })

  test('testOnBatch is evaluate in one batch, and trains nothing', async () => {
    const net = dropping()
    const before = net.getWeights()
    const tested = await net.testOnBatch(x, y, { sampleWeight: [1, 2, 3, 4] })
    const evaluated = await net.evaluate(x, y, { sampleWeight: [1, 2, 3, 4], batchSize: 4 })
    expect(tested.loss).toBeCloseTo(evaluated.loss, 6)
    expect(tested.accuracy).toBe(evaluated.accuracy)
    expect(net.getWeights()).toEqual(before)
  })

  test('predictOnBatch is predict in one batch', async () => {
    const net = dropping()
    expect((await net.predictOnBatch(x)).data).toEqual((await net.predict(x, { batchSize: 4 })).data)
    const pair = model({
      inputs: net.inputs,
      outputs: { p: net.outputs, twice: layers.add()([net.outputs, net.outputs]) },
    })
    expect(Object.keys(await pair.predictOnBatch(x))).toEqual(['p', 'twice'])
  })
})

describe('what a model is made of', () => {
  test('layers are found by their names and places', () => {
    const net = dropping()
    expect(net.getLayer('dropout')).toBe(net.layers[1])
    expect(net.getLayer(0)).toBe(net.layers[0])
    expect(net.getLayer(-1)).toBe(net.layers[2])
    expect(() => net.getLayer('conv')).toThrow('a layer among dense, dropout, dense_1')
    expect(() => net.getLayer(3)).toThrow('number 3 of 3')
  })

  test('weights are those that train and the others', () => {
    const input = layers.input({ shape: [3] })
    const frozen = layers.dense({ units: 2, name: 'frozen', trainable: false })
    const net = model({ inputs: input, outputs: layers.batchNormalization()(frozen(input)) })
    expect(net.weights.map(({ path }) => path)).toEqual([
      'frozen/kernel',
      'frozen/bias',
      'batch_normalization/gamma',
      'batch_normalization/beta',
      'batch_normalization/moving_mean',
      'batch_normalization/moving_variance',
    ])
    expect(net.trainableWeights.map(({ path }) => path)).toEqual([
      'batch_normalization/gamma',
      'batch_normalization/beta',
    ])
    expect(net.nonTrainableWeights).toHaveLength(4)
    expect(net.inputs).toBe(input)
    expect(net.outputs.shape).toEqual([2])
  })
})

describe('summary', () => {
  const nested = () => {
    const encoder = sequential([layers.input({ shape: [3] }), layers.dense({ units: 4 }), layers.relu()], {
      name: 'encoder',
    })
    encoder.trainable = false
    return sequential([layers.input({ shape: [3] }), encoder, layers.dense({ units: 2, name: 'head' })], {
      name: 'whole',
    })
  }

  test('shows models inside, and what is trained', () => {
    expect(nested().summary({ expandNested: true, showTrainable: true })).toBe(`Model: "whole"
┌──────────────────────┬──────────────┬─────────┬───────────┐
│ Layer (type)         │ Output Shape │ Param # │ Trainable │
├──────────────────────┼──────────────┼─────────┼───────────┤
│ encoder (Sequential) │ (None, 4)    │      16 │ N         │
│    └ dense (Dense)   │ (None, 4)    │      16 │ N         │
│    └ re_lu (ReLU)    │ (None, 4)    │       0 │ -         │
│ head (Dense)         │ (None, 2)    │      10 │ Y         │
└──────────────────────┴──────────────┴─────────┴───────────┘
 Total params: 26 (104.00 B)
 Trainable params: 10 (40.00 B)
 Non-trainable params: 16 (64.00 B)`)
  })

  test('keeps to a length', () => {
    const lines = nested().summary({ lineLength: 36 }).split('\n').slice(1, 7)
    expect(lines.map(line => line.length)).toEqual([36, 36, 36, 36, 36, 36])
    expect(lines[3]).toBe('│ encoder … │ (None, 4)  │      16 │')
    expect(() => nested().summary({ lineLength: 20 })).toThrow('at least 22')
  })

  test('shows a part', () => {
    const net = dropping()
    expect(net.summary({ layerRange: ['dropout', /^dense/] })).not.toContain('│ dense (Dense)')
    expect(net.summary({ layerRange: ['dropout', /^dense/] })).toContain('dense_1 (Dense)')
    expect(() => net.summary({ layerRange: ['dense_1', 'dense'] })).toThrow("'layerRange' to hold two layers, in order")
  })
})

describe('weights of a model that has changed', () => {
  const made = (units: number, seed: number) =>
    sequential(
      [layers.input({ shape: [3] }), layers.dense({ units: 4, name: 'body' }), layers.dense({ units, name: 'head' })],
      { name: 'net', seed },
    )

  test.each(['.weights.h5', '.keras', '.h5', '.safetensors'])(
    '%s: layers that fit are read, others named',
    async end => {
      const path = join(folder, `net${end}`)
      const saved = made(2, 1)
      await (end === '.safetensors' || end === '.weights.h5' ? saved.saveWeights(path) : saved.save(path))
      const other = made(5, 2)
      const before = other.getWeights()
      await expect(other.loadWeights(path)).rejects.toThrow()
      expect(other.getWeights()).toEqual(before)
      expect(await other.loadWeights(path, { skipMismatch: true })).toEqual(['head'])
      const [kernel, bias, ...head] = other.getWeights()
      expect([kernel, bias]).toEqual(saved.getWeights().slice(0, 2))
      expect(head).toEqual(before.slice(2))
      expect(await made(2, 3).loadWeights(path, { skipMismatch: true })).toEqual([])
    },
  )

  test('what the file has beside is left there', async () => {
    const path = join(folder, 'more.safetensors')
    await made(2, 1).saveWeights(path)
    const body = sequential([layers.input({ shape: [3] }), layers.dense({ units: 4, name: 'body' })], { seed: 2 })
    await expect(body.loadWeights(path)).rejects.toThrow("'head/kernel'")
    expect(await body.loadWeights(path, { skipMismatch: true })).toEqual([])
    expect(body.getWeights()).toEqual(made(2, 1).getWeights().slice(0, 2))
  })
})
