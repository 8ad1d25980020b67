import { layers, sequential } from 'tenon'
import { expect, test } from 'vitest'
import { cnnData, cnnWeights } from './cnn-inputs.ts'
import golden from './cnn-keras.json' with { type: 'json' }

/** The classic CNN, step by step beside Keras (reference/cnn_keras.py) from the same weights and batches. */
test('50 losses and accuracies are those of Keras', async () => {
  const { batch, steps, shapes } = golden
  const { x, y } = cnnData(batch * steps)
  // A slip in the inputs must not be mistaken for one in training.
  expect(x.reduce((sum, pixel) => sum + pixel, 0)).toBeCloseTo(golden.inputs.pixels, 6)
  expect(y.reduce((sum, label) => sum + label, 0)).toBe(golden.inputs.labels)

  const model = sequential([
    layers.input({ shape: [28, 28, 1] }),
    layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dense({ units: 128, activation: 'relu' }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ])
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] })
  model.setWeights(cnnWeights(shapes).map((data, i) => ({ dtype: 'float32', shape: shapes[i] ?? [], data })))

  const pixels = 28 * 28
  for (let step = 0; step < steps; step++) {
    const from = step * batch
    const { loss, accuracy } = await model.trainOnBatch(
      { dtype: 'float32', shape: [batch, 28, 28, 1], data: x.slice(from * pixels, (from + batch) * pixels) },
      { dtype: 'int32', shape: [batch], data: y.slice(from, from + batch) },
    )
    const expected = golden.losses[step] ?? Number.NaN
    // PyTorch with the same formulas stays within 1e-5 of Keras here: that is what rounding alone does.
    expect(Math.abs(loss - expected) / expected, `loss of step ${step}: ${loss}, Keras ${expected}`).toBeLessThan(1e-4)
    // One sample of the batch may stand on the edge between two classes.
    expect(Math.abs(accuracy - (golden.accuracies[step] ?? Number.NaN)), `accuracy of step ${step}`).toBeLessThan(
      1.01 / batch,
    )
  }
  model.getWeights().forEach(({ data }, i) => {
    const sumOfSquares = data.reduce((sum, w) => sum + w * w, 0)
    const expected = golden.final[i]?.sumOfSquares ?? Number.NaN
    expect(Math.abs(sumOfSquares - expected) / expected, `weight ${i}`).toBeLessThan(1e-3)
  })
})
