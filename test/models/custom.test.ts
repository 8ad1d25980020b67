import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/core/rng.ts'
import { fromNumbers, toNumbers } from '../../src/core/tensor-data.ts'
import { layers, model, pure, sequential, sgd } from '../../src/index.ts'
import { grad, Tensor, tensor } from '../../src/tensor/index.ts'

const rng = new Rng(11)
const random = (...shape: number[]) =>
  fromNumbers(
    'float32',
    shape,
    Array.from({ length: shape.reduce((n, dim) => n * dim, 1) }, () => rng.normal()),
  )
const asTensor = ({ data, shape }: { data: ArrayLike<number>; shape: readonly number[] }) =>
  tensor(Array.from(data), { shape })

describe('layers of functions', () => {
  test('declare weights that follow from the input, and train', async () => {
    const net = sequential(
      [
        layers.input({ shape: [3] }),
        layers.custom({
          type: 'Scale',
          weights: ([width]) => ({ factor: { shape: [width ?? 1], initializer: 'ones' } }),
          call: ([x], { factor }) => x.mul(factor),
        }),
      ],
      { seed: 1 },
    )
    expect(net.network.variables.map(({ path, shape }) => [path, shape])).toEqual([['scale/factor', [3]]])
    const x = random(64, 3)
    const y = fromNumbers(
      'float32',
      [64, 3],
      Array.from(x.data, (value, i) => value * (i % 3)),
    )
    net.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'meanSquaredError' })
    await net.fit(x, y, { epochs: 30, batchSize: 64 })
    const [factor] = net.getWeights()
    expect(Array.from(factor?.data ?? [], Math.round)).toEqual([0, 1, 2])
  })

  test('merge several inputs and add to the loss', async () => {
    const [a, b] = [layers.input({ shape: [2] }), layers.input({ shape: [2] })]
    const joined = layers.custom({
      call: ([x, y], _, scope) => {
        scope.addLoss(x.mean())
        return y ? x.sub(y) : x
      },
    })([a, b])
    const net = model({ inputs: [a, b], outputs: joined, seed: 1 })
    const [x, y] = [random(4, 2), random(4, 2)]
    const difference = await net.predict([x, y])
    expect(difference.data[3]).toBeCloseTo(Number(x.data[3]) - Number(y.data[3]), 6)
  })
})

describe('training steps', () => {
  const student = () => sequential([layers.input({ shape: [4] }), layers.dense({ units: 2 })], { seed: 5 })
  const teacher = sequential([layers.input({ shape: [4] }), layers.dense({ units: 2 })], { seed: 6 })

  test('distil a frozen teacher into a student', async () => {
    const net = student()
    net.compile({
      optimizer: sgd({ learningRate: 0.3 }),
      loss: 'meanSquaredError',
      trainStep({ inputs: [x], outputs: [output], frozen }) {
        const [wanted] = x ? frozen(teacher, x) : []
        if (!output || !wanted) throw new Error('one input, one output')
        const difference = output.sub(wanted)
        return difference.mul(difference).mean()
      },
    })
    const x = random(64, 4)
    const before = teacher.getWeights()
    const { history } = await net.fit(x, random(64, 2), { epochs: 60, batchSize: 64, seed: 1 })
    expect(history.loss.at(-1)).toBeLessThan(1e-3)
    expect(teacher.getWeights()).toEqual(before)
    const [got, want] = [await net.predict(x), await teacher.predict(x)]
    expect(Math.max(...toNumbers(got).map((value, i) => Math.abs(value - (toNumbers(want)[i] ?? 0))))).toBeLessThan(0.1)
  })

  test('must give a scalar', async () => {
    const net = student()
    net.compile({ loss: 'meanSquaredError', trainStep: ({ outputs: [y] }) => y ?? tensor([0]) })
    await expect(net.fit(random(4, 4), random(4, 2))).rejects.toThrow(/trainStep: expected a scalar.*mean/s)
  })
})

test('a model as a pure function has the gradients that training uses', async () => {
  const net = sequential([layers.input({ shape: [3] }), layers.dense({ units: 1 })], { seed: 2 })
  const [x, y] = [random(8, 3), random(8, 1)]
  const { weights, apply } = pure(net)
  const loss = (w: typeof weights) => {
    const [output] = apply(w, asTensor(x))
    if (!output) throw new Error('one output')
    const difference = output.sub(asTensor(y))
    return difference.mul(difference).mean()
  }
  const gradients = grad(loss)(weights)
  const gradient = gradients['dense/kernel']
  expect(gradient).toBeInstanceOf(Tensor)
  const kernel = net.getWeights()[0]
  net.compile({ optimizer: sgd({ learningRate: 1 }), loss: 'meanSquaredError' })
  await net.trainOnBatch(x, y)
  const moved = net.getWeights()[0]
  const numbers = await gradient?.data()
  kernel?.data.forEach((value, i) => {
    expect(moved?.data[i]).toBeCloseTo(value - Number(numbers?.[i]), 5)
  })
})
