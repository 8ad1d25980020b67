import { describe, expect, test } from 'vitest'
import { DataError, ShapeError } from '../../src/core/errors.ts'
import { Rng } from '../../src/core/rng.ts'
import { allocate, fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { layers, type Sequential, scaled, sequential, sgd } from '../../src/index.ts'
import { DataSource } from '../../src/train/data-source.ts'
import { Batch } from '../../src/train/gather.ts'

const rng = new Rng(8)
const random = (...shape: number[]) =>
  fromNumbers(
    'float32',
    shape,
    Array.from({ length: shape.reduce((n, dim) => n * dim, 1) }, () => rng.normal()),
  )
const labels = (...numbers: number[]) => fromNumbers('int32', [numbers.length], numbers)

function classifier(): Sequential {
  const model = sequential([layers.input({ shape: [4] }), layers.dense({ units: 3, activation: 'softmax' })], {
    seed: 2,
  })
  model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'sparseCategoricalCrossentropy' })
  return model
}

/** Losses of one model that sees the batches in turn, and of one that is made anew, with the same weights, for each. */
async function losses(batches: readonly (readonly [TensorData, TensorData])[]) {
  const kept = classifier()
  const [found, expected]: [number[], number[]] = [[], []]
  for (const [x, y] of batches) {
    const fresh = classifier()
    fresh.setWeights(kept.getWeights())
    expected.push((await fresh.trainOnBatch(x, y)).loss)
    found.push((await kept.trainOnBatch(x, y)).loss)
  }
  return { found, expected }
}

describe('one batch after another', () => {
  test('of one type, of other sizes and dtypes, and of the first type again', async () => {
    const [a, b] = [random(5, 4), random(2, 4)]
    const wide = fromNumbers('int64', [5], [0, 1, 2, 1, 0])
    const { found, expected } = await losses([
      [a, labels(0, 1, 2, 2, 1)],
      [random(5, 4), labels(1, 1, 0, 2, 0)],
      [b, labels(0, 2)],
      [a, wide],
      [a, labels(0, 1, 2, 2, 1)],
    ])
    expect(found).toEqual(expected)
    expect(new Set(found).size).toBe(5)
  })

  test('pixels keep the scale and offset that they came with', async () => {
    const bytes = fromNumbers(
      'uint8',
      [5, 4],
      Array.from({ length: 20 }, (_, i) => 12 * i),
    )
    const y = labels(0, 1, 2, 0, 1)
    const { found, expected } = await losses([
      [scaled(bytes, { scale: 1 / 255 }), y],
      [scaled(bytes, { scale: 1 / 128, offset: -1 }), y],
      [bytes, y],
      [scaled(bytes, { scale: 1 / 255 }), y],
    ])
    expect(found).toEqual(expected)
  })

  test('every batch has its labels and its shape checked, and a bad one changes nothing', async () => {
    const model = classifier()
    const x = random(3, 4)
    const y = labels(0, 1, 2)
    await model.trainOnBatch(x, y)
    const weights = model.getWeights()
    await expect(model.trainOnBatch(x, labels(0, 1, 3))).rejects.toThrow(DataError)
    // The same array, changed since.
    y.data[1] = -1
    await expect(model.trainOnBatch(x, y)).rejects.toThrow(/-1 at position 1/)
    await expect(model.trainOnBatch(random(3, 5), labels(0, 1, 2))).rejects.toThrow(ShapeError)
    await expect(model.trainOnBatch(x, labels(0, 1))).rejects.toThrow(DataError)
    expect(model.getWeights()).toEqual(weights)
  })

  test('weights of samples count in the batch that has them, and in no other', async () => {
    const model = classifier()
    const [x, y] = [random(3, 4), labels(0, 1, 2)]
    const other = classifier()
    for (const weighting of [{}, { sampleWeight: [1, 0, 5] }, {}, { classWeight: { 1: 3 } }, {}]) {
      const fresh = classifier()
      fresh.setWeights(other.getWeights())
      expect(await model.trainOnBatch(x, y, weighting)).toEqual(await fresh.trainOnBatch(x, y, weighting))
      other.setWeights(fresh.getWeights())
    }
    expect(model.getWeights()).toEqual(other.getWeights())
  })

  test('compiling anew begins with the losses of the new options', async () => {
    const model = classifier()
    const x = random(3, 4)
    await model.trainOnBatch(x, labels(0, 1, 2))
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    // No class numbers now: any number is a target, of the outputs' shape.
    await model.trainOnBatch(x, random(3, 3))
  })
})

describe('rows of a batch', () => {
  const orders = {
    'as they lie': [0, 1, 2, 3, 4, 5, 6, 7],
    shuffled: [6, 7, 3, 0, 1, 2, 5, 4],
  }
  for (const [name, order] of Object.entries(orders)) {
    for (const dtype of ['float32', 'int64', 'uint8'] as const) {
      test(`${name}, ${dtype}`, () => {
        for (const width of [1, 4, 50]) {
          const x = fromNumbers(
            dtype,
            [8, width],
            Array.from({ length: 8 * width }, (_, i) => i % 251),
          )
          const model = sequential([layers.input({ shape: [width] }), layers.dense({ units: 1 })])
          const source = DataSource.create(
            x,
            { dtype: 'float32', shape: [8, 1], data: allocate('float32', 8) },
            model.network,
            [],
          )
          const batch = new Batch(source, 3)
          for (const start of [0, 3, 5]) {
            batch.fill(Uint32Array.from(order), start)
            const all = toNumbers(x)
            const rows = order.slice(start, start + 3).flatMap(row => [...all.slice(row * width, (row + 1) * width)])
            expect([...toNumbers(batch.columns[0] ?? x)]).toEqual(rows)
          }
        }
      })
    }
  }
})
