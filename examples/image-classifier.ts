/**
 * Image classifier: a small convolutional network on a part of MNIST, with early stopping: training ends when the loss on held-out
 * digits no longer falls, and the weights of the best epoch stay.
 *
 * Target: 97.5 % of the 10,000 test digits, from 12,000 training digits. Quick: 92 %, from 3,000.
 */
import { callbacks, datasets, layers, sequential } from 'tenon'
import { quick, report } from './support/report.ts'
import { take } from './support/take.ts'

const mnist = await datasets.mnist()
const train = take(mnist.train, 0, quick ? 3_000 : 12_000)

const model = sequential(
  [
    layers.input({ shape: [28, 28, 1] }),
    layers.conv2d({ filters: 16, kernelSize: 3, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dropout({ rate: 0.3 }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ],
  { seed: 1 },
)
model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })

const { history } = await model.fit(train.x, train.y, {
  epochs: quick ? 4 : 30,
  validationSplit: 0.2,
  seed: 1,
  callbacks: [callbacks.earlyStopping({ monitor: 'valLoss', patience: 3, restoreBestWeights: true })],
})
const { accuracy } = await model.evaluate(mnist.test.x, mnist.test.y, { batchSize: 500 })

report('image-classifier', {
  testAccuracy: { value: accuracy, atLeast: quick ? 0.92 : 0.975 },
  epochs: { value: history.loss.length },
})
