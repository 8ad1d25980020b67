import { Rng } from '../src/core/rng.ts'
import type { TensorData } from '../src/core/tensor-data.ts'
import { sequential } from '../src/models/sequential.ts'
import * as layers from '../src/nn/layers/index.ts'
import type { Engine } from '../src/runtime/engine.ts'

const [batchSize, features, classes] = [16, 64, 10]

/**
 * Trains a small network, in every way in which one trains: half of the steps on batches in arrays of their own, half in `fit`, over
 * shuffled samples and with a short last batch; now and then it evaluates and predicts. Goes on for about `steps` steps, and says
 * after each `interval` of them how many are done.
 */
export async function endure(
  engine: Engine,
  steps: number,
  interval: number,
  said: (steps: number) => void | Promise<void>,
): Promise<void> {
  const rng = new Rng(5)
  const floats = (...shape: number[]): TensorData => ({
    dtype: 'float32',
    shape,
    data: Float32Array.from({ length: shape.reduce((n, dim) => n * dim, 1) }, () => rng.normal()),
  })
  const labels = (count: number): TensorData => ({
    dtype: 'int32',
    shape: [count],
    data: Int32Array.from({ length: count }, () => rng.below(classes)),
  })
  const model = sequential(
    [
      layers.input({ shape: [features] }),
      layers.dense({ units: 256, activation: 'relu' }),
      layers.batchNormalization(),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: classes, activation: 'softmax' }),
    ],
    { seed: 1 },
  )
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'], engine })
  const half = Math.ceil(interval / 2)
  const samples = batchSize * half - 3
  const [x, y] = [floats(samples, features), labels(samples)]
  for (let done = 0; done < steps; ) {
    for (let i = 0; i < half; i++) await model.trainOnBatch(floats(batchSize, features), labels(batchSize))
    await model.fit(x, y, { batchSize, seed: done })
    await model.evaluate(x, y, { batchSize: 256 })
    await model.predict(x, { batchSize: 256 })
    done += 2 * half
    await said(done)
  }
}
