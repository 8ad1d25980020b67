import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromBinary } from '@bufbuild/protobuf'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ModelProtoSchema } from '../../src/compile/onnx/proto/onnx_pb.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { model } from '../../src/models/functional.ts'
import { loadModel } from '../../src/models/load.ts'
import { encodeModel } from '../../src/models/onnx.ts'
import * as layers from '../../src/nn/layers/index.ts'
import type { TextVectorizationOptions } from '../../src/nn/layers/preprocessing/text-vectorization.ts'
import { Executable } from '../../src/runtime/executable.ts'
import { createEngine } from '../../src/runtime/index.ts'
import { difference, type Numbers } from '../support/layer-golden.ts'
import { tenonCommand } from '../support/tenon-command.ts'

interface Golden {
  readonly adapted: number
  readonly texts: readonly string[]
  readonly cases: readonly {
    readonly config: TextVectorizationOptions
    readonly vocabulary: readonly string[]
    readonly output: Numbers
  }[]
  readonly classifier: Numbers
}

// Written by reference/texts.py.
const golden: Golden = JSON.parse(readFileSync(new URL('texts.json', import.meta.url), 'utf8'))
const { texts } = golden

/** What ONNX Runtime, and nothing else, makes of an ONNX file and the texts. */
async function runPlainly(file: Uint8Array): Promise<TensorData> {
  const session = await InferenceSession.create(file)
  const [input = ''] = session.inputNames
  const [output = ''] = session.outputNames
  const y = (await session.run({ [input]: new Tensor('string', [...texts], [texts.length, 1]) }))[output]
  if (!y) throw new Error('no output')
  const numbers = fromNumbers('float64', y.dims, Array.from(y.data as ArrayLike<number | bigint>, Number))
  await session.release()
  return numbers
}

const cases = golden.cases.map((item, i) => ({ ...item, name: `${i}: ${JSON.stringify(item.config)}` }))

describe('texts become numbers as in Keras', async () => {
  const wasm = await createEngine('wasm', { threads: 1 })
  test.each(cases)('$name', async ({ config, vocabulary, output }) => {
    const words = layers.textVectorization(config)
    if (!config.vocabulary) words.adapt(texts.slice(0, golden.adapted))
    expect(words.getVocabulary()).toEqual(vocabulary)
    const text = layers.input({ shape: [1], dtype: 'string' })
    const net = model({ inputs: text, outputs: words(text), seed: 1 })
    expect(difference(await net.predict(texts), output, 'predicted')).toBeLessThan(1e-5)
    const graph = net.toGraph()
    expect(difference(await runPlainly(encodeModel(graph)), output, 'exported')).toBeLessThan(1e-5)
    const executable = await Executable.create(graph, wasm)
    const [y] = await executable.run([{ dtype: 'string', shape: [texts.length, 1], data: [...texts] }])
    await executable.release()
    if (!y) throw new Error('no output')
    expect(difference(y, output, 'exported, on WebAssembly')).toBeLessThan(1e-5)
  })
})

test('a model of tokens is exported as one of texts, or, if asked to, of tokens', async () => {
  const words = layers.textVectorization({ outputSequenceLength: 12 }).adapt(texts)
  const tokens = layers.input({ shape: [12], dtype: 'string', name: 'review' })
  const vector = layers.embedding({ inputDim: 200, outputDim: 3 })(words(tokens))
  const inner = model({ inputs: tokens, outputs: layers.flatten()(vector), seed: 1 })
  const outer = layers.input({ shape: [12], dtype: 'string', name: 'review' })
  for (const net of [inner, model({ inputs: outer, outputs: layers.dense({ units: 2 })(inner(outer)), seed: 1 })]) {
    const predicted = await net.predict(words.tokenize(texts))
    const expected = { shape: predicted.shape, data: Array.from(toNumbers(predicted)) }
    const graph = net.toGraph()
    expect(graph.inputs.map(({ name, type }) => ({ name, type }))).toEqual([
      { name: 'review', type: { dtype: 'string', shape: ['batch', 1] } },
    ])
    expect(difference(await runPlainly(encodeModel(graph)), expected, 'exported')).toBeLessThan(1e-5)
    expect(net.toGraph({ startAt: 'tokens' }).inputs[0]?.shape).toEqual(['batch', 12])
  }
})

test('tokens that others read too cannot become texts, and the error says what to do', () => {
  const words = layers.textVectorization({ vocabulary: ['a', 'b'] })
  const tokens = layers.input({ shape: [4], dtype: 'string', name: 'tokens' })
  const other = layers.stringLookup({ vocabulary: ['c'] })(tokens)
  const net = model({ inputs: tokens, outputs: layers.add()([words(tokens), other]), seed: 1 })
  expect(() => net.toGraph()).toThrow(
    /input 'tokens' to go to one textVectorization.*received one whose tokens others read too.*startAt: 'tokens'/s,
  )
  expect(net.toGraph({ startAt: 'tokens' }).inputs[0]?.shape).toEqual(['batch', 4])
  expect(() => net.toGraph({ startAt: 'words' as 'texts' })).toThrow(/'startAt' to be one of 'texts', 'tokens'/)
})

test('texts are trained on as they are, of any length, and two layers may read one input', async () => {
  const reviews = ['good film', 'bad film', 'a good, GOOD one', 'simply bad!']
  const targets = [[1], [0], [1], [0]]
  const words = layers.textVectorization().adapt(reviews)
  const letters = layers.textVectorization({ split: 'character', outputMode: 'count' }).adapt(reviews)
  const text = layers.input({ shape: [1], dtype: 'string' })
  const mean = layers.globalAveragePooling1d()(
    layers.embedding({ inputDim: words.getVocabulary().length, outputDim: 3, maskZero: true })(words(text)),
  )
  const alone = layers.dense({ units: 1, activation: 'sigmoid' })(mean)
  const both = layers.dense({ units: 1, activation: 'sigmoid' })(letters(text))
  for (const outputs of [alone, both]) {
    const net = model({ inputs: text, outputs, seed: 1 })
    net.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' })
    const { history } = await net.fit(reviews, targets, { epochs: 20, seed: 1 })
    expect(history.loss.at(-1)).toBeLessThan(Number(history.loss[0]))
    await expect(net.fit(reviews, reviews)).rejects.toThrow(/y: expected numbers, received texts/)
    await expect(net.predict([1, 2, 3, 4])).rejects.toThrow(/expected strings, received float32/)
  }
})

test('the file states the types of strings that ONNX’s own shape inference cannot tell', () => {
  const words = layers.textVectorization({ vocabulary: ['a', 'b'] })
  const text = layers.input({ shape: [1], dtype: 'string' })
  const { graph } = fromBinary(
    ModelProtoSchema,
    encodeModel(model({ inputs: text, outputs: words(text), seed: 1 }).toGraph()),
  )
  const split = graph?.node.filter(({ opType }) => opType === 'Tokenizer').flatMap(({ output }) => output) ?? []
  expect(split.length).toBeGreaterThan(0)
  for (const name of split) {
    const type = graph?.valueInfo.find(info => info.name === name)?.type?.value
    expect(type).toMatchObject({ case: 'tensorType', value: { elemType: 8 } })
  }
})

describe('a text classifier of Keras’s', () => {
  const file = fileURLToPath(new URL('formats/texts.keras', import.meta.url))
  const tenon = tenonCommand()
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tenon-texts-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('predicts from texts what it does in Keras', async () => {
    const net = await loadModel(file)
    const y = await net.predict({ text: texts })
    // A loaded model may have outputs in any form; this one has one.
    expect(difference(y as TensorData, golden.classifier, 'predicted')).toBeLessThan(1e-5)
  })

  test('is converted to a file that ONNX Runtime alone runs from texts', async () => {
    const path = join(folder, 'texts.onnx')
    const { code, stderr } = await tenon('convert', file, path)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(difference(await runPlainly(await readFile(path)), golden.classifier, 'converted')).toBeLessThan(1e-5)
    const { stdout } = await tenon('inspect', path)
    expect(stdout).toMatch(/Input\s+text : string\[batch, 1\]/)
    expect(stdout).toContain('Tokenizer')
  })
})
