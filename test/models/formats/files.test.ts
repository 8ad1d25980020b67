import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeModel } from '../../../src/compile/onnx/decode.ts'
import { readModel } from '../../../src/compile/onnx/read.ts'
import { decodeSafetensors } from '../../../src/io/safetensors.ts'
import { loadModel } from '../../../src/models/load.ts'
import { sequential } from '../../../src/models/sequential.ts'
import * as layers from '../../../src/nn/layers/index.ts'
import { Executable } from '../../../src/runtime/executable.ts'
import { testEngine } from '../../support/run.ts'
import { root } from '../../support/source-files.ts'

const golden = join(root, 'test/golden/formats')
const make = (seed: number) =>
  sequential(
    [
      layers.input({ shape: [3] }),
      layers.dense({ units: 4, activation: 'relu' }),
      layers.batchNormalization(),
      layers.dense({ units: 2 }),
    ],
    { seed },
  )
const x = { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 2, 3, -1, 0, 0.5) } as const

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenon-formats-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

describe('saving and loading by a path’s end', () => {
  test.each(['m.keras', 'm.h5', 'M.KERAS'])('%s: the same outputs', async name => {
    const model = make(1)
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
    await model.trainOnBatch(x, [
      [1, 0],
      [0, 1],
    ])
    await model.save(at(name))
    const again = await loadModel(at(name))
    expect(await again.predict(x)).toEqual(await model.predict(x))
    expect(again.compileOptions).toBeDefined()
  })

  test.each(['w.weights.h5', 'w.safetensors'])('%s: the same weights', async name => {
    const [model, other] = [make(1), make(2)]
    await model.saveWeights(at(name))
    expect(other.getWeights()).not.toEqual(model.getWeights())
    await other.loadWeights(at(name))
    expect(other.getWeights()).toEqual(model.getWeights())
  })

  test('m.onnx: a graph with the same outputs, in the opset that was asked for', async () => {
    const model = make(1)
    await model.save(at('m.onnx'))
    await model.exportOnnx(at('m17.onnx'), { opset: 17 })
    expect(decodeModel(readFileSync(at('m.onnx'))).opsets.get('')).toBe(21)
    expect(decodeModel(readFileSync(at('m17.onnx'))).opsets.get('')).toBe(17)
    for (const name of ['m.onnx', 'm17.onnx']) {
      const executable = await Executable.create((await readModel(at(name))).graph, testEngine)
      const [y] = await executable.run([x])
      const expected = await model.predict(x)
      expect(y?.shape).toEqual([2, 2])
      for (const [i, value] of expected.data.entries()) expect(Number(y?.data[i])).toBeCloseTo(Number(value), 5)
    }
    await expect(model.exportOnnx(at('m5.onnx'), { opset: 5 })).rejects.toThrow(/'opset' from \d+ \(for \w+\)/)
  })

  test('a model of TensorFlow.js, with its files of weights', async () => {
    const model = await loadModel(join(golden, 'tfjs/image.json'))
    await model.save(at('image.keras'))
    expect((await loadModel(at('image.keras'))).getWeights()).toEqual(model.getWeights())
  })

  test('an .h5 file of Keras 3’s weights, whatever its name', async () => {
    copyFileSync(join(golden, 'cnn.weights.h5'), at('renamed.h5'))
    const model = await loadModel(join(golden, 'cnn.keras'))
    await model.loadWeights(at('renamed.h5'))
  })

  test('nothing is left beside the files', () => {
    expect(readdirSync(folder).filter(name => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('refusals', () => {
  test.each([
    ['save', 'm.pt', 'argument'],
    ['save', 'm.safetensors', 'argument'],
    ['save', 'm.json', 'argument'],
    ['saveWeights', 'm.onnx', 'argument'],
    ['loadWeights', 'm.onnx', 'argument'],
    ['loadWeights', 'missing.keras', 'file'],
  ] as const)('%s %s', async (method, name, code) => {
    await expect(make(1)[method](at(name))).rejects.toMatchObject({ code })
  })

  test.each([
    ['x.onnx', 'argument'],
    ['x.pb', 'argument'],
    ['missing.keras', 'file'],
  ])('loadModel %s', async (name, code) => {
    await expect(loadModel(at(name))).rejects.toMatchObject({ code })
  })

  test('weights of another model: nothing is set', async () => {
    const other = sequential([layers.input({ shape: [3] }), layers.dense({ units: 5 })])
    await other.saveWeights(at('other.safetensors'))
    await other.saveWeights(at('other.weights.h5'))
    const model = make(1)
    const before = model.getWeights()
    for (const name of ['other.safetensors', 'other.weights.h5'])
      await expect(model.loadWeights(at(name))).rejects.toMatchObject({ code: 'format' })
    expect(model.getWeights()).toEqual(before)
  })

  test('a failed save keeps the old file', async () => {
    await make(1).save(at('kept.keras'))
    const before = readFileSync(at('kept.keras'))
    const custom = sequential([layers.input({ shape: [3] }), layers.dense({ units: 1, activation: v => v })])
    await expect(custom.save(at('kept.keras'))).rejects.toMatchObject({ code: 'argument' })
    expect(readFileSync(at('kept.keras'))).toEqual(before)
  })

  test('safetensors names are those of the model', async () => {
    await make(1).saveWeights(at('named.safetensors'))
    const { tensors } = decodeSafetensors(readFileSync(at('named.safetensors')), 'named')
    expect([...tensors.keys()].sort()).toEqual([
      'batch_normalization/beta',
      'batch_normalization/gamma',
      'batch_normalization/moving_mean',
      'batch_normalization/moving_variance',
      'dense/bias',
      'dense/kernel',
      'dense_1/bias',
      'dense_1/kernel',
    ])
  })

  test('a file that is something else', async () => {
    writeFileSync(at('text.keras'), 'hello')
    writeFileSync(at('text.h5'), 'hello')
    for (const name of ['text.keras', 'text.h5'])
      await expect(loadModel(at(name))).rejects.toMatchObject({ code: 'format' })
  })
})
