// The works of bench/README.md in TensorFlow.js: node tfjs_peer.mjs cnn 32 2 [--variant wasm|cpu].
// WASM is its fast backend in Node without a native build, but lacks gradients' kernels (a CNN does not train on it);
// then this program says so and falls back to the plain JavaScript backend, whose name is in the version it reports.

import { createInterface } from 'node:readline'
import * as tf from '@tensorflow/tfjs'
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm'

const [work, batchText, threadsText, ...rest] = process.argv.slice(2)
const batch = Number(batchText)
const threads = Number(threadsText)
const variant = rest[0] === '--variant' ? rest[1] : 'wasm'

// Libraries print to standard output at times; the protocol keeps the real one to itself.
const send = message => process.stdout.write(`${JSON.stringify(message)}\n`)
for (const method of ['log', 'info', 'debug', 'warn']) console[method] = console.error

const softmaxLoss = (labels, logits) => tf.losses.softmaxCrossEntropy(tf.oneHot(labels, logits.shape.at(-1)), logits)

/** A layers model trained on one batch with `trainOnBatch`. */
function layersModel(model, x, classes) {
  const y = tf.oneHot(tf.randomUniform([batch], 0, classes, 'int32'), classes)
  model.compile({ optimizer: tf.train.adam(), loss: (target, logits) => tf.losses.softmaxCrossEntropy(target, logits) })
  const parameters = model.trainableWeights.reduce((n, w) => n + w.shape.reduce((a, b) => a * b, 1), 0)
  return { parameters, step: () => model.trainOnBatch(x, y) }
}

function cnn() {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [28, 28, 1], filters: 32, kernelSize: 3, activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 128, activation: 'relu' }),
      tf.layers.dense({ units: 10 }),
    ],
  })
  return layersModel(model, tf.randomNormal([batch, 28, 28, 1]), 10)
}

function mlp() {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [784], units: 512, activation: 'relu' }),
      tf.layers.dense({ units: 512, activation: 'relu' }),
      tf.layers.dense({ units: 10 }),
    ],
  })
  return layersModel(model, tf.randomNormal([batch, 784]), 10)
}

function resnet() {
  const conv = (x, filters, kernelSize, strides) => {
    const y = tf.layers.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false }).apply(x)
    return tf.layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }).apply(y)
  }
  const relu = x => tf.layers.reLU().apply(x)
  const residual = (x, filters, stride) => {
    const shortcut = stride === 1 && x.shape.at(-1) === filters ? x : conv(x, filters, 1, stride)
    return relu(tf.layers.add().apply([conv(relu(conv(x, filters, 3, stride)), filters, 3, 1), shortcut]))
  }
  const image = tf.input({ shape: [32, 32, 3] })
  const x = residual(residual(residual(relu(conv(image, 64, 3, 1)), 64, 1), 128, 2), 256, 2)
  const logits = tf.layers.dense({ units: 10 }).apply(tf.layers.globalAveragePooling2d({}).apply(x))
  return layersModel(tf.model({ inputs: image, outputs: logits }), tf.randomNormal([batch, 32, 32, 3]), 10)
}

/** No attention layer in the library, so the GPT is written with its core operations. */
function gpt(depth, heads, width, context, vocabulary = 65) {
  const variables = []
  const variable = initial => {
    const made = tf.variable(initial)
    variables.push(made)
    return made
  }
  const linear = (inputs, outputs) => ({
    w: variable(tf.randomNormal([inputs, outputs], 0, 0.02)),
    b: variable(tf.zeros([outputs])),
  })
  const norm = () => ({ gamma: variable(tf.ones([width])), beta: variable(tf.zeros([width])) })
  const wte = variable(tf.randomNormal([vocabulary, width], 0, 0.02))
  const wpe = variable(tf.randomNormal([context, width], 0, 0.02))
  const blocks = Array.from({ length: depth }, () => ({
    ln1: norm(),
    qkv: linear(width, 3 * width),
    proj: linear(width, width),
    ln2: norm(),
    fc: linear(width, 4 * width),
    fcProj: linear(4 * width, width),
  }))
  const lnf = norm()

  // x is (B·T, width) throughout.
  const affine = (x, { w, b }) => tf.add(tf.matMul(x, w), b)
  const layerNorm = (x, { gamma, beta }) => {
    const { mean, variance } = tf.moments(x, -1, true)
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), gamma), beta)
  }
  const gelu = x => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))
  const mask = tf.linalg
    .bandPart(tf.ones([context, context]), -1, 0)
    .sub(1)
    .mul(1e9)
  const attention = (x, { qkv, proj }) => {
    const size = width / heads
    const [q, k, v] = tf
      .split(affine(x, qkv), 3, -1)
      .map(z => tf.transpose(tf.reshape(z, [batch, context, heads, size]), [0, 2, 1, 3]))
    const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(size)), mask)
    const y = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3])
    return affine(tf.reshape(y, [batch * context, width]), proj)
  }
  const tokens = tf.randomUniform([batch * context], 0, vocabulary, 'int32')
  const labels = tf.randomUniform([batch * context], 0, vocabulary, 'int32')
  const optimizer = tf.train.adam()
  const loss = () => {
    let x = tf.reshape(tf.add(tf.reshape(tf.gather(wte, tokens), [batch, context, width]), wpe), [
      batch * context,
      width,
    ])
    for (const block of blocks) {
      x = tf.add(x, attention(layerNorm(x, block.ln1), block))
      x = tf.add(x, affine(gelu(affine(layerNorm(x, block.ln2), block.fc)), block.fcProj))
    }
    return softmaxLoss(labels, tf.matMul(layerNorm(x, lnf), wte, false, true))
  }
  const parameters = variables.reduce((n, v) => n + v.size, 0)
  return {
    parameters,
    step: async () => {
      const value = optimizer.minimize(loss, true, variables)
      const [number] = await value.data()
      value.dispose()
      return number
    },
  }
}

const works = {
  cnn,
  mlp,
  resnet,
  nanogpt: () => gpt(4, 4, 128, 64),
  gpt: () => gpt(6, 6, 384, 256),
}

/** Builds the work and runs its first step; on WASM that finds out whether the kernels are there. */
async function start(backend) {
  await tf.setBackend(backend)
  await tf.ready()
  const made = works[work]()
  await made.step()
  return made
}

let made
try {
  setThreadsCount(threads)
  made = variant === 'wasm' ? await start('wasm').catch(() => start('cpu')) : await start('cpu')
} catch (error) {
  send({ error: String(error?.message ?? error).split('\n')[0] })
  process.exit(1)
}
send({ ready: true, version: `TensorFlow.js ${tf.version.tfjs} ${tf.getBackend()}`, parameters: made.parameters })
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  if (request.run) {
    const ms = []
    let loss
    for (let i = 0; i < request.run; i++) {
      const begun = performance.now()
      loss = await made.step()
      ms.push(performance.now() - begun)
    }
    send({ ms, loss })
  } else if (request.stats) send({ peakRssMb: process.resourceUsage().maxRSS / 1024 })
  else if (request.quit) break
}
process.exit(0)
