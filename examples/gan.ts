/**
 * Generative adversarial network (Goodfellow et al., 2014) on MNIST: two models that share layers. The discriminator learns to tell real
 * digits from made ones; the adversary is generator and discriminator in a row, the latter frozen, and learns to be taken for real.
 *
 * Measured as the inception score (Salimans et al., 2016) with a classifier of digits in place of Inception: exp of the mean KL
 * divergence between the classes seen in one sample and in all. It is 1 when samples look all alike or like nothing, and 10 when each is
 * clearly one digit and all digits are there. Target: 4.5. Quick: 1.5.
 */
import { datasets, layers, model, optimizers, sequential, type TensorData } from 'tenon'
import { random } from 'tenon/tensor'
import { quick, report } from './support/report.ts'
import { take } from './support/take.ts'

const noiseSize = 64
const batchSize = 64
const steps = quick ? 1_200 : 6_000
const { train } = await datasets.mnist()
const kept = 20_000
const digits = Float32Array.from(take(train, 0, kept).x.data, pixel => pixel / 255)

const generator = sequential(
  [
    layers.input({ shape: [noiseSize] }),
    layers.dense({ units: 128 }),
    layers.leakyRelu({ negativeSlope: 0.2 }),
    layers.dense({ units: 256 }),
    layers.leakyRelu({ negativeSlope: 0.2 }),
    layers.dense({ units: 784, activation: 'sigmoid' }),
  ],
  { name: 'generator', seed: 1 },
)
const discriminator = sequential(
  [
    layers.input({ shape: [784] }),
    layers.dense({ units: 128 }),
    layers.leakyRelu({ negativeSlope: 0.2 }),
    layers.dropout({ rate: 0.3, seed: 2 }),
    layers.dense({ units: 128 }),
    layers.leakyRelu({ negativeSlope: 0.2 }),
    layers.dropout({ rate: 0.3, seed: 3 }),
    layers.dense({ units: 1, activation: 'sigmoid' }),
  ],
  { name: 'discriminator', seed: 2 },
)
const adam = (learningRate: number) => optimizers.adam({ learningRate, beta1: 0.5 })
discriminator.compile({ optimizer: adam(5e-4), loss: 'binaryCrossentropy' })

// What is frozen counts when a model is compiled: the discriminator above trains, the one in here does not.
discriminator.trainable = false
const noise = layers.input({ shape: [noiseSize] })
const adversary = model({ inputs: noise, outputs: discriminator(generator(noise)), seed: 1 })
adversary.compile({ optimizer: adam(1e-3), loss: 'binaryCrossentropy' })

const real = filled(batchSize, 1)
// One-sided label smoothing (Salimans et al.): a discriminator that is never quite sure goes on giving gradients.
const labels = { ...filled(2 * batchSize, 0.9), data: filled(2 * batchSize, 0.9).data.fill(0, batchSize) }
for (let step = 0; step < steps; step++) {
  const start = (step * batchSize) % (kept - batchSize)
  const made = await generator.predict(await noiseOf(batchSize, 2 * step), { batchSize })
  const both = new Float32Array(2 * batchSize * 784)
  both.set(digits.subarray(start * 784, (start + batchSize) * 784))
  both.set(float32(made), batchSize * 784)
  await discriminator.trainOnBatch({ dtype: 'float32', shape: [2 * batchSize, 784], data: both }, labels)
  await adversary.trainOnBatch(await noiseOf(batchSize, 2 * step + 1), real)
}

const judge = sequential(
  [
    layers.input({ shape: [784] }),
    layers.dense({ units: 128, activation: 'relu' }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ],
  { seed: 3 },
)
judge.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
const examples = take(train, 0, quick ? 10_000 : 60_000)
await judge.fit({ ...examples.x, shape: [examples.x.shape[0] ?? 0, 784] }, examples.y, {
  epochs: quick ? 2 : 5,
  batchSize: 128,
  seed: 1,
})
const samples = await generator.predict(await noiseOf(2_000, 2 * steps))
const score = inceptionScore(float32(await judge.predict(samples, { batchSize: 500 })))

report('gan', { inceptionScore: { value: score, atLeast: quick ? 1.5 : 4.5 } })

async function noiseOf(count: number, seed: number): Promise<TensorData<'float32'>> {
  const shape = [count, noiseSize]
  return { dtype: 'float32', shape, data: await random.normal(shape, { seed }).data() }
}

function filled(count: number, value: number): TensorData<'float32'> {
  return { dtype: 'float32', shape: [count, 1], data: new Float32Array(count).fill(value) }
}

function float32({ data }: TensorData): Float32Array {
  if (data instanceof Float32Array) return data
  throw new TypeError('outputs of these models are float32')
}

function inceptionScore(probabilities: Float32Array): number {
  const count = probabilities.length / 10
  const mean = new Float64Array(10)
  probabilities.forEach((p, i) => {
    mean[i % 10] = (mean[i % 10] ?? 0) + p / count
  })
  const divergence = probabilities.reduce((sum, p, i) => sum + (p > 0 ? p * Math.log(p / (mean[i % 10] ?? 1)) : 0), 0)
  return Math.exp(divergence / count)
}
