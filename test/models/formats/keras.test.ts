import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { TenonError } from '../../../src/core/errors.ts'
import { isTensorData } from '../../../src/core/nested.ts'
import { fromNumbers } from '../../../src/core/tensor-data.ts'
import { concatenated } from '../../../src/models/formats/hdf5/fields.ts'
import {
  encodeH5Model,
  encodeH5Weights,
  encodeKeras,
  readH5Model,
  readH5WeightsInto,
  readKeras,
  readKerasWeights,
} from '../../../src/models/formats/keras/archive.ts'
import { modelFromKerasConfig } from '../../../src/models/formats/keras/decode-model.ts'
import { toKerasConfig } from '../../../src/models/formats/keras/encode.ts'
import { isObject, parseJson } from '../../../src/models/formats/keras/json.ts'
import { encodeZip, openZip } from '../../../src/models/formats/zip.ts'
import type { Model } from '../../../src/models/model.ts'
import { sequential } from '../../../src/models/sequential.ts'
import * as layers from '../../../src/nn/layers/index.ts'
import { root } from '../../support/source-files.ts'
import { damaged } from './damage.ts'

interface Entry {
  shape: number[]
  data: number[]
}
interface Golden {
  name: string
  inputs: (Entry & { dtype: 'float32' | 'int32' | 'int64' })[]
  outputs: Record<string, Entry>
}
const folder = join(root, 'test/golden/formats')
const bytes = (file: string) => new Uint8Array(readFileSync(join(folder, file)))
const { models }: { models: Golden[] } = JSON.parse(readFileSync(join(folder, 'models.json'), 'utf8'))

async function expectOutputs(model: Model, { inputs, outputs }: Golden): Promise<void> {
  const x = inputs.map(({ dtype, shape, data }) => fromNumbers(dtype, shape, data))
  const [first] = x
  const result = await model.predict(x.length === 1 && first ? first : x)
  const named = new Map(Object.entries(isTensorData(result) ? { output: result } : result))
  expect([...named.keys()].sort()).toEqual(Object.keys(outputs).sort())
  for (const [name, { shape, data }] of Object.entries(outputs)) {
    expect(named.get(name)?.shape).toEqual(shape)
    for (const [i, value] of data.entries())
      expect(Math.abs(Number(named.get(name)?.data[i]) - value)).toBeLessThan(2e-6)
  }
}

const zeroed = (model: Model): Model => {
  model.setWeights(model.getWeights().map(weight => ({ ...weight, data: new Float32Array(weight.data.length) })))
  return model
}

describe.each(models)('$name', golden => {
  const { name } = golden
  // Such a file has no place for what lookup layers learned, and Keras cannot write one of some random layers.
  const h5 = name !== 'prepared' && name !== 'coloured'

  test('its .keras file gives Keras’s outputs, and so does what is written of it', async () => {
    const model = await readKeras(bytes(`${name}.keras`), { where: name })
    await expectOutputs(model, golden)
    const written = concatenated(encodeKeras(model))
    await expectOutputs(await readKeras(written, { where: 'written' }), golden)
    expect(concatenated(encodeKeras(await readKeras(written, { where: 'written' })))).toEqual(written)
  })

  test.skipIf(!h5)('its .h5 file gives Keras’s outputs, and so does what is written of it', async () => {
    const model = await readH5Model(bytes(`${name}.h5`), { where: name })
    await expectOutputs(model, golden)
    await expectOutputs(await readH5Model(concatenated(encodeH5Model(model)), { where: 'written' }), golden)
  })

  test('weights alone are read from every kind of file', async () => {
    const model = await readKeras(bytes(`${name}.keras`), { where: name, compile: false })
    expect(model.compileOptions).toBeUndefined()
    const written = concatenated(encodeH5Weights(model))
    await readH5WeightsInto(zeroed(model), bytes(`${name}.weights.h5`), name)
    await expectOutputs(model, golden)
    if (h5) await readH5WeightsInto(zeroed(model), bytes(`${name}.h5`), name)
    await expectOutputs(model, golden)
    await readKerasWeights(zeroed(model), bytes(`${name}.keras`), name)
    await expectOutputs(model, golden)
    await readH5WeightsInto(zeroed(model), written, name)
    await expectOutputs(model, golden)
  })
})

describe('compiling as the file says', () => {
  test('optimizer with its schedule, loss and metrics', async () => {
    const model = await readKeras(bytes('cnn.keras'), { where: 'cnn' })
    const { optimizer, loss, metrics } = model.compileOptions ?? {}
    expect(optimizer).toMatchObject({
      name: 'adam',
      config: { beta1: 0.8 },
      learningRate: { name: 'cosineDecay', config: { initialLearningRate: 0.01, decaySteps: 100 } },
    })
    expect(loss).toMatchObject({ name: 'sparseCategoricalCrossentropy' })
    expect(metrics).toEqual(['accuracy'])
    const data = new Float32Array(2 * 128).fill(0.5)
    const result = await model.trainOnBatch({ dtype: 'float32', shape: [2, 8, 8, 2], data }, [1, 3])
    expect(result.loss).toBeGreaterThan(0)
  })

  test('by output', async () => {
    const model = await readKeras(bytes('shared.keras'), { where: 'shared' })
    expect(model.compileOptions).toMatchObject({
      loss: { score: { name: 'meanAbsoluteError', config: { reduction: 'sum' } }, code: { name: 'meanSquaredError' } },
      lossWeights: { score: 2, code: 0.5 },
      metrics: { score: ['mae'] },
    })
    const again = await readKeras(concatenated(encodeKeras(model)), { where: 'written' })
    expect(toKerasConfig(again)).toEqual(toKerasConfig(model))
    expect(again.compileOptions).toMatchObject({ lossWeights: { score: 2, code: 0.5 }, metrics: { score: ['mae'] } })
  })

  test('what Tenon does not have is named, with the way around', async () => {
    const archive = openZip(bytes('cnn.keras'), 'cnn')
    const changed: Record<string, Uint8Array[]> = {}
    for (const member of archive.values()) {
      const content = await member.read()
      const text = new TextDecoder().decode(content)
      changed[member.name] = [
        member.name === 'config.json' ? new TextEncoder().encode(text.replace('"Adam"', '"Sophia"')) : content,
      ]
    }
    const file = concatenated(encodeZip(changed))
    await expect(readKeras(file, { where: 'cnn' })).rejects.toThrow(/compile: false/)
    expect((await readKeras(file, { where: 'cnn', compile: false })).name).toBe('cnn')
  })
})

describe('what is refused', () => {
  test.each([
    ['lambda', /Python code/],
    ['custom', /class Doubling/],
    ['operation', /computes with/],
  ])('%s.keras', async (name, message) => {
    const reading = readKeras(bytes(`${name}.keras`), { where: name })
    await expect(reading).rejects.toMatchObject({ code: 'unsupported' })
    await expect(reading).rejects.toThrow(message)
  })

  test('an option that the layer here does not have', () => {
    const model = sequential([layers.input({ shape: [2] }), layers.dense({ units: 1 })])
    const text = JSON.stringify(toKerasConfig(model)).replace('"units":1', '"units":1,"sparsity":0.5')
    expect(() => modelFromKerasConfig(parseJson(text, 'x'), { where: 'x' })).toThrow(/'sparsity'/)
  })

  test('weights of another model: nothing is set', async () => {
    const model = await readKeras(bytes('stack.keras'), { where: 'stack' })
    const before = model.getWeights()
    await expect(readH5WeightsInto(model, bytes('words.weights.h5'), 'words')).rejects.toMatchObject({ code: 'format' })
    expect(model.getWeights()).toEqual(before)
  })

  test('functions, which are code, are not written', () => {
    const model = sequential([layers.input({ shape: [2] }), layers.dense({ units: 1, activation: x => x })])
    expect(() => encodeKeras(model)).toThrow(expect.objectContaining({ code: 'argument' }))
  })

  test('weights alone where a model is asked for', async () => {
    await expect(readH5Model(bytes('cnn.weights.h5'), { where: 'cnn' })).rejects.toThrow(/weights alone/)
  })

  test('names that every object has are not looked up as functions', () => {
    const model = sequential([layers.input({ shape: [2] }), layers.dense({ units: 1 })])
    const text = JSON.stringify(toKerasConfig(model)).replace('"linear"', '"constructor"')
    expect(() => modelFromKerasConfig(parseJson(text, 'x'), { where: 'x' })).toThrow(TenonError)
  })

  test('graphs in circles', () => {
    const json = parseJson(new TextDecoder().decode(new TextEncoder().encode(circle)), 'x')
    expect(isObject(json)).toBe(true)
    expect(() => modelFromKerasConfig(json, { where: 'x' })).toThrow(expect.objectContaining({ code: 'format' }))
  })

  test.each(['cnn.keras', 'words.h5'])('%s, cut off or with wrong bytes: read, or a typed error', async name => {
    let refused = 0
    for (const file of damaged(bytes(name), 40)) {
      try {
        if (name.endsWith('.h5')) await readH5Model(file, { where: name })
        else await readKeras(file, { where: name })
      } catch (error) {
        if (!(error instanceof TenonError)) throw error
        refused++
      }
    }
    expect(refused).toBeGreaterThan(30)
  })

  test('a description with wrong characters: a model, or a typed error', () => {
    const text = JSON.stringify(
      toKerasConfig(
        sequential([
          layers.input({ shape: [6, 6, 1] }),
          layers.conv2d({ filters: 2, kernelSize: 2, kernelRegularizer: 'l2' }),
          layers.flatten(),
          layers.dense({ units: 2, activation: 'relu' }),
        ]),
      ),
    )
    let refused = 0
    for (const file of damaged(new TextEncoder().encode(text), 80)) {
      try {
        modelFromKerasConfig(parseJson(new TextDecoder().decode(file), 'x'), { where: 'x' })
      } catch (error) {
        if (!(error instanceof TenonError)) throw error
        refused++
      }
    }
    expect(refused).toBeGreaterThan(80)
  })
})

/** Two layers, each of which takes the other's output. */
const node = (name: string) =>
  `{"args":[{"class_name":"__keras_tensor__","config":{"shape":[null,2],"dtype":"float32","keras_history":["${name}",0,0]}}],"kwargs":{}}`
const flatten = (name: string, from: string) =>
  `{"module":"keras.layers","class_name":"Flatten","config":{"name":"${name}","trainable":true},"name":"${name}","inbound_nodes":[${node(from)}]}`
const circle = `{"class_name":"Functional","config":{"name":"m","layers":[${flatten('a', 'b')},${flatten('b', 'a')}],"input_layers":["a",0,0],"output_layers":["b",0,0]}}`
