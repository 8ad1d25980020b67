import { sequential, layers, datasets } from 'tenon'

const { train, test } = await datasets.mnist()

const model = sequential([
  layers.input({ shape: [28, 28, 1] }),
  layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
  layers.maxPooling2d({ poolSize: 2 }),
  layers.flatten(),
  layers.dense({ units: 128, activation: 'relu' }),
  layers.dense({ units: 10, activation: 'softmax' }),
])

model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
await model.fit(train.x, train.y, { epochs: 5, validationSplit: 0.2 })

const { loss, accuracy } = await model.evaluate(test.x, test.y)   // typed: { loss: number, accuracy: number }
console.log(`Test accuracy: ${accuracy}`)
