/**
 * Denoising autoencoder (Vincent et al., 2008): the network sees digits under Gaussian noise, squeezes them through a narrow layer,
 * and learns to give back the clean ones. The noise layer works in training only, so the test adds noise of its own.
 *
 * Target: the mean squared error to the clean test digits is at most 8 % of the noisy input's. Quick: 20 %.
 */
import { datasets, type LabelledImages, layers, sequential } from 'tenon'
import { random } from 'tenon/tensor'
import { quick, report } from './support/report.ts'
import { take } from './support/take.ts'

const noise = 0.5
const mnist = await datasets.mnist()
const train = flat(take(mnist.train, 0, quick ? 6_000 : 30_000))
const test = flat(take(mnist.test, 0, quick ? 1_000 : 10_000))

const model = sequential(
  [
    layers.input({ shape: [784] }),
    layers.gaussianNoise({ stddev: noise, seed: 1 }),
    layers.dense({ units: 256, activation: 'relu' }),
    layers.dense({ units: 64, activation: 'relu' }),
    layers.dense({ units: 256, activation: 'relu' }),
    layers.dense({ units: 784, activation: 'sigmoid' }),
  ],
  { seed: 1 },
)
model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['meanSquaredError'] })
await model.fit(train, train, { epochs: quick ? 4 : 10, batchSize: 128, seed: 1 })

const drawn = await random.normal(test.shape, { seed: 2, stddev: noise }).data()
const noisy = { ...test, data: test.data.map((pixel, i) => pixel + (drawn[i] ?? 0)) }
const { meanSquaredError } = await model.evaluate(noisy, test, { batchSize: 500 })
const before = drawn.reduce((sum, value) => sum + value * value, 0) / drawn.length

report('denoising-autoencoder', {
  remainingError: { value: meanSquaredError / before, atMost: quick ? 0.2 : 0.08 },
})

/** Pixels as rows of 784 numbers from 0 to 1: they are targets here as well as inputs. */
function flat({ x }: LabelledImages) {
  return { dtype: 'float32' as const, shape: [x.shape[0] ?? 0, 784], data: Float32Array.from(x.data, v => v * x.scale) }
}
