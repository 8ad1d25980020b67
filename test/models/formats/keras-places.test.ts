import { describe, expect, test } from 'vitest'
import { concatenated } from '../../../src/models/formats/hdf5/fields.ts'
import { openH5 } from '../../../src/models/formats/hdf5/read.ts'
import { encodeH5Weights, encodeKeras, readKeras } from '../../../src/models/formats/keras/archive.ts'
import { modelFromKerasConfig } from '../../../src/models/formats/keras/decode-model.ts'
import { toKerasConfig } from '../../../src/models/formats/keras/encode.ts'
import { type JsonObject, parseJson } from '../../../src/models/formats/keras/json.ts'
import { model } from '../../../src/models/functional.ts'
import { sequential } from '../../../src/models/sequential.ts'
import { Symbolic } from '../../../src/nn/layer.ts'
import * as layers from '../../../src/nn/layers/index.ts'

describe('a model that a layer wraps', () => {
  const inner = sequential([layers.input({ shape: [2, 3] }), layers.flatten(), layers.dense({ units: 2 })])
  const net = sequential([layers.input({ shape: [4, 2, 3] }), layers.timeDistributed({ layer: inner })])

  test('keeps its weights where Keras does', async () => {
    const root = openH5(concatenated(encodeH5Weights(net)), 'weights')
    const kernel = await root.dataset('layers/time_distributed/layer/layers/dense/vars/0').read()
    expect(kernel).toEqual(net.getWeights()[0])
    expect(root.has('layers/time_distributed/layer/layers/flatten/vars')).toBe(true)
  })

  test('comes back from a file', async () => {
    const again = await readKeras(concatenated(encodeKeras(net)), { where: 'again' })
    expect(again.getWeights()).toEqual(net.getWeights())
  })
})

describe('a wrapper around a wrapper', () => {
  const normalized = layers.spectralNormalization({ layer: layers.dense({ units: 2 }) })
  const net = sequential([layers.input({ shape: [4, 3] }), layers.timeDistributed({ layer: normalized })])

  test('keeps its weights where Keras does', () => {
    const root = openH5(concatenated(encodeH5Weights(net)), 'weights')
    // As Keras 3.15 writes it: the kernel in both places, the vector of the power iteration behind it.
    expect(root.dataset('layers/time_distributed/layer/vars/0').shape).toEqual([3, 2])
    expect(root.dataset('layers/time_distributed/layer/vars/1').shape).toEqual([1, 2])
    expect(root.dataset('layers/time_distributed/layer/layer/vars/0').shape).toEqual([3, 2])
    expect(root.dataset('layers/time_distributed/layer/layer/vars/1').shape).toEqual([2])
  })

  test('comes back from a file', async () => {
    const again = await readKeras(concatenated(encodeKeras(net)), { where: 'again' })
    expect(again.getWeights()).toEqual(net.getWeights())
  })
})

describe('a layer of two models', () => {
  test('is refused when a file of Keras is written, unless it has no weights', async () => {
    const both = (layer: typeof dense | typeof flat) => {
      const i = layers.input({ shape: [3] })
      const inner = model({ inputs: i, outputs: layer(i), name: 'inner' })
      const o = layers.input({ shape: [3] })
      return model({ inputs: o, outputs: layer(inner(o)), name: 'outer' })
    }
    const dense = layers.dense({ units: 3, name: 'shared' })
    const flat = layers.flatten({ name: 'flat' })
    expect(() => encodeKeras(both(dense))).toThrow(/'shared', which 'inner' has as well.*saveWeights/s)
    expect(encodeH5Weights(both(dense)).length).toBeGreaterThan(0)
    expect(await readKeras(concatenated(encodeKeras(both(flat))), { where: 'again' })).toBeDefined()
  })
})

describe('outputs in lists of lists', () => {
  const x = layers.input({ shape: [3, 2], name: 'x' })
  const cells = layers.rnn({
    cell: [layers.lstmCell({ units: 2 }), layers.gruCell({ units: 3 })],
    returnState: true,
    name: 'cells',
  })(x)
  const outputs = cells instanceof Symbolic ? [cells] : cells
  const config = toKerasConfig(model({ inputs: x, outputs })) as { config: JsonObject }
  const withOutputs = (output_layers: JsonObject[string]) => ({
    ...config,
    config: { ...config.config, output_layers },
  })

  test('are all outputs, as of the states of a stack of cells', () => {
    const leaf = (i: number) => ['cells', 0, i]
    const read = modelFromKerasConfig(withOutputs([leaf(0), [leaf(1), leaf(2)], leaf(3)]), { where: 'config' })
    expect(read.network.outputs.map(({ type }) => type.shape)).toEqual([
      ['batch', 3],
      ['batch', 2],
      ['batch', 2],
      ['batch', 3],
    ])
  })

  test('by name have one tensor each', () => {
    const both = {
      first: [
        ['cells', 0, 0],
        ['cells', 0, 1],
      ],
    }
    expect(() => modelFromKerasConfig(withOutputs(both), { where: 'config' })).toThrow("one tensor for 'first'")
  })
})

describe('JSON as Python writes it', () => {
  test('has numbers that are none; text that looks like them stays', () => {
    const text = '{"a": [NaN, -Infinity,Infinity], "b": "x, NaN, y: Infinity}", "c": NaN}'
    expect(parseJson(text, 'text')).toEqual({ a: [null, null, null], b: 'x, NaN, y: Infinity}', c: null })
  })
  test('with a great many blanks takes no time', () => {
    const started = performance.now()
    expect(parseJson(`[${' '.repeat(200_000)}1]`, 'text')).toEqual([1])
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
