/**
 * Layers models as TensorFlow.js saves them → test/golden/formats/tfjs/, with inputs and outputs in cases.json.
 * Run with the packages of bench/peers: `npm ci --prefix bench/peers && node reference/formats_tfjs.mjs`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../bench/peers/package.json', import.meta.url))
const tf = require('@tensorflow/tfjs')
const folder = new URL('../test/golden/formats/tfjs/', import.meta.url)

/** The same numbers in every run. */
function numbers(seed, count) {
  return Float32Array.from({ length: count }, (_, i) => Math.fround(Math.sin(seed * 97 + i * 1.7) / 2))
}

const { layers, sequential, input, model } = tf

function image() {
  return sequential({
    name: 'image',
    layers: [
      layers.conv2d({ inputShape: [6, 6, 1], filters: 3, kernelSize: 3, activation: 'relu' }),
      layers.batchNormalization(),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 4, activation: 'softmax', kernelInitializer: 'heNormal' }),
    ],
  })
}

function graph() {
  const x = input({ shape: [4], name: 'x' })
  const shared = layers.dense({ units: 4, activation: 'tanh', name: 'shared' })
  const inner = sequential({ name: 'inner', layers: [layers.dense({ inputShape: [4], units: 3, activation: 'elu' })] })
  const once = shared.apply(x)
  const twice = shared.apply(once)
  const sum = layers.add().apply([inner.apply(once), inner.apply(twice)])
  return model({ name: 'graph', inputs: x, outputs: [sum, layers.concatenate().apply([once, sum])] })
}

function text() {
  const x = input({ shape: [5], dtype: 'int32' })
  const y = layers.lstm({ units: 3 }).apply(layers.embedding({ inputDim: 6, outputDim: 4 }).apply(x))
  return model({ name: 'text', inputs: x, outputs: layers.dense({ units: 2 }).apply(y) })
}

/** As the converter quantises: value = quantised · scale + min. */
function quantised(values, dtype) {
  if (dtype === 'float16') {
    const half = new Float32Array(values)
    const bits = Uint16Array.from(half, float16)
    return { bytes: new Uint8Array(bits.buffer), quantization: { dtype, original_dtype: 'float32' } }
  }
  const [min, max] = [Math.min(...values), Math.max(...values)]
  const scale = (max - min) / (dtype === 'uint8' ? 255 : 65535) || 1
  const codes = Array.from(values, value => Math.round((value - min) / scale))
  const array = dtype === 'uint8' ? Uint8Array.from(codes) : Uint16Array.from(codes)
  return { bytes: new Uint8Array(array.buffer), quantization: { dtype, min, scale, original_dtype: 'float32' } }
}

/** Nearest half of a number of ordinary size, which all weights here are. */
function float16(value) {
  if (value === 0) return 0
  const exponent = Math.floor(Math.log2(Math.abs(value)))
  const mantissa = Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024)
  return (value < 0 ? 0x8000 : 0) | (((exponent + 15) << 10) + mantissa)
}

async function save(make, name, dtype) {
  const built = make()
  built.setWeights(
    built.getWeights().map((weight, i) => {
      const values = numbers(i, weight.size)
      // A variance is positive.
      const positive = built.weights[i].name.includes('variance')
      return tf.tensor(positive ? values.map(value => Math.abs(value) + 0.5) : values, weight.shape)
    }),
  )
  let saved
  await built.save(
    tf.io.withSaveHandler(async artifacts => {
      saved = artifacts
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    }),
  )
  let bytes = new Uint8Array(saved.weightData)
  let specs = saved.weightSpecs
  if (dtype) {
    let at = 0
    const parts = []
    specs = specs.map(spec => {
      const size = spec.shape.reduce((n, dim) => n * dim, 1)
      const part = quantised(new Float32Array(saved.weightData.slice(at, at + size * 4)), dtype)
      at += size * 4
      parts.push(part.bytes)
      return { ...spec, quantization: part.quantization }
    })
    bytes = new Uint8Array(Buffer.concat(parts))
  }
  // Two shards, cut in the middle of a weight.
  const cut = Math.floor(bytes.length / 2) + 1
  const paths = [`${name}-1of2.bin`, `${name}-2of2.bin`]
  writeFileSync(new URL(paths[0], folder), bytes.subarray(0, cut))
  writeFileSync(new URL(paths[1], folder), bytes.subarray(cut))
  const json = {
    format: 'layers-model',
    generatedBy: saved.generatedBy,
    convertedBy: null,
    modelTopology: saved.modelTopology,
    weightsManifest: [{ paths, weights: specs }],
  }
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(json)}\n`)
  const [x] = built.inputs
  const shape = [2, ...x.shape.slice(1)]
  const count = shape.reduce((n, dim) => n * dim, 1)
  const data =
    x.dtype === 'int32' ? Array.from({ length: count }, (_, i) => (i * 5) % 6) : Array.from(numbers(50, count))
  const outputs = [built.predict(tf.tensor(data, shape, x.dtype))].flat()
  return {
    name,
    tolerance: { uint8: 2e-2, uint16: 1e-4, float16: 2e-3 }[dtype] ?? 1e-5,
    input: { dtype: x.dtype, shape, data },
    outputs: await Promise.all(outputs.map(async y => ({ shape: y.shape, data: Array.from(await y.data()) }))),
  }
}

mkdirSync(folder, { recursive: true })
await tf.setBackend('cpu')
const cases = [
  await save(image, 'image'),
  await save(graph, 'graph'),
  await save(text, 'text'),
  ...(await Promise.all(['uint8', 'uint16', 'float16'].map(dtype => save(image, `image-${dtype}`, dtype)))),
]
writeFileSync(new URL('cases.json', folder), `${JSON.stringify({ tfjs: tf.version.tfjs, cases })}\n`)
