import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/core/rng.ts'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { layers, model, sequential, sgd } from '../../src/index.ts'
import type { AnyLayer } from '../../src/nn/layer.ts'

const rng = new Rng(9)
const shape = [8, 8, 3] as const
const count = 24
const x = fromNumbers(
  'float32',
  [count, ...shape],
  Array.from({ length: count * 192 }, () => Math.floor(rng.uniform() * 256)),
)
const y = fromNumbers('float32', [count, 2], Array.from({ length: count }, (_, i) => [i % 2, 1 - (i % 2)]).flat())

const network = (...augmentation: AnyLayer[]) =>
  sequential(
    [
      layers.input({ shape }),
      ...augmentation,
      layers.rescaling({ scale: 1 / 255 }),
      layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
      layers.globalAveragePooling2d(),
      layers.dense({ units: 2, activation: 'softmax' }),
    ],
    { seed: 2 },
  )
const optimizer = sgd({ learningRate: 0.1 })

describe('mixing in fit', () => {
  test('images and targets are mixed alike: what is linear stays so', async () => {
    const [height, width] = [4, 4]
    const head = layers.input({ shape: [height, width, 1] })
    const net = model({ inputs: head, outputs: layers.dense({ units: 1 })(layers.flatten()(head)) })
    const kernel = Array.from({ length: 16 }, (_, i) => i / 16)
    net.setWeights([kernel.map(value => [value]), [0]])
    const images = fromNumbers(
      'float32',
      [6, height, width, 1],
      Array.from({ length: 96 }, () => rng.normal()),
    )
    const sums = Array.from({ length: 6 }, (_, i) =>
      kernel.reduce((sum, weight, k) => sum + weight * Number(images.data[i * 16 + k]), 0),
    )
    const targets = fromNumbers('float32', [6, 1], sums)
    const compiled = net.compile({ optimizer, loss: 'meanSquaredError', augmentation: layers.mixUp({ alpha: 1 }) })
    expect((await compiled.trainOnBatch(images, targets)).loss).toBeLessThan(1e-9)
    // Their boxes are not: the label of a part is not the part of a label.
    const cut = net.compile({ optimizer, loss: 'meanSquaredError', augmentation: layers.cutMix() })
    expect((await cut.trainOnBatch(images, targets)).loss).toBeGreaterThan(1e-3)
  })

  test('it is done again in the same way by a run of the same seed, and not in evaluation', async () => {
    const run = async (augmentation?: AnyLayer) => {
      const net = network()
      const compiled = net.compile({
        optimizer,
        loss: 'categoricalCrossentropy',
        ...(augmentation ? { augmentation } : {}),
      })
      await compiled.fit(x, y, { epochs: 2, batchSize: 8, seed: 5 })
      return net
    }
    const [once, again, without] = [await run(layers.mixUp()), await run(layers.mixUp()), await run()]
    expect(again.getWeights()).toEqual(once.getWeights())
    expect(without.getWeights()).not.toEqual(once.getWeights())
    const loss = 'categoricalCrossentropy'
    const plain = await once.compile({ optimizer, loss }).evaluate(x, y)
    const mixing = await once.compile({ optimizer, loss, augmentation: layers.mixUp() }).evaluate(x, y)
    expect(mixing).toEqual(plain)
  })

  test('what it cannot do is refused when the model is compiled', () => {
    const loss = 'categoricalCrossentropy'
    const mixUp = layers.mixUp()
    expect(() => network().compile({ loss: 'sparseCategoricalCrossentropy', augmentation: mixUp })).toThrow(
      /one-hot targets/,
    )
    expect(() => network().compile({ loss, augmentation: layers.rescaling({ scale: 2 }) })).toThrow(/among the layers/)
    const [a, b] = [layers.input({ shape: [3] }), layers.input({ shape: [3] })]
    const two = model({ inputs: [a, b], outputs: layers.add()([a, b]) })
    expect(() => two.compile({ loss, augmentation: mixUp })).toThrow(/one input and one output/)
  })

  test('a layer that gives one output is refused', async () => {
    const net = network().compile({ loss: 'categoricalCrossentropy', augmentation: layers.add() })
    await expect(net.fit(x, x)).rejects.toThrow(/gives both/)
  })
})

describe('segmentation in fit', () => {
  const pixels = fromNumbers(
    'float32',
    [6, 8, 8, 1],
    Array.from({ length: 384 }, () => rng.uniform()),
  )
  const classes = fromNumbers(
    'int32',
    [6, 8, 8],
    Array.from({ length: 384 }, () => Math.floor(rng.uniform() * 3)),
  )
  /** One weight for each class, so that what comes out of a pixel depends on it alone. */
  const perPixel = (filters: number) =>
    sequential(
      [layers.input({ shape: [8, 8, 1] }), layers.conv2d({ filters, kernelSize: 1, kernelInitializer: 'ones' })],
      { seed: 1 },
    )
  const moving: Readonly<Record<string, () => AnyLayer>> = {
    randomFlip: () => layers.randomFlip(),
    randomRotation: () => layers.randomRotation({ factor: 0.5, interpolation: 'nearest', fillMode: 'wrap' }),
    randomZoom: () => layers.randomZoom({ heightFactor: 0.4, interpolation: 'nearest' }),
    pipeline: () =>
      layers.pipeline({
        layers: [
          layers.randomFlip({ mode: 'horizontal' }),
          layers.randomTranslation({ heightFactor: 0.3, widthFactor: 0.3, interpolation: 'nearest' }),
          layers.randomErasing({ factor: 0 }),
        ],
      }),
  }

  test.each(Object.entries(moving))('%s moves the targets of pixels with them', async (_, make) => {
    const loss = 'meanSquaredError'
    // The network hands images on as they are: it is right about what was moved alike, and about nothing else.
    const net = perPixel(1).compile({ optimizer, loss, augmentation: make() })
    expect((await net.trainOnBatch(pixels, pixels)).loss).toBe(0)
    const other = { ...pixels, data: Float32Array.from(pixels.data as Float32Array).reverse() }
    expect((await net.trainOnBatch(pixels, other)).loss).toBeGreaterThan(0.01)
  })

  test('numbers of classes stay what they are, without a channel too', async () => {
    const net = perPixel(3).compile({
      optimizer,
      loss: 'sparseCategoricalCrossentropy',
      augmentation: layers.randomRotation({ factor: 0.5, fillMode: 'constant' }),
    })
    const { loss } = await net.trainOnBatch(pixels, classes)
    expect(Number.isFinite(loss)).toBe(true)
    expect(() => perPixel(3).compile({ loss: 'sparseCategoricalCrossentropy', augmentation: layers.mixUp() })).toThrow(
      /one-hot targets/,
    )
    // Labels of whole images are not moved, and their classes may be numbers where nothing mixes them.
    const labels = fromNumbers(
      'int32',
      [count],
      Array.from({ length: count }, (_, i) => i % 2),
    )
    const classifier = network().compile({
      optimizer,
      loss: 'sparseCategoricalCrossentropy',
      augmentation: layers.pipeline({ layers: [layers.randomFlip(), layers.randomBrightness({ factor: 0.1 })] }),
    })
    const history = await classifier.fit(x, labels, { epochs: 1, batchSize: 8, seed: 1 })
    expect(Number.isFinite(history.history.loss[0])).toBe(true)
  })

  test('a layer that gives other sizes is refused', async () => {
    const net = perPixel(1).compile({
      optimizer,
      loss: 'meanSquaredError',
      augmentation: layers.randomCrop({ height: 4, width: 4 }),
    })
    await expect(net.trainOnBatch(pixels, pixels)).rejects.toThrow(/of the sizes they have.*float32\[6, 4, 4, 1\]/)
  })

  test('images with channels first have targets like them', async () => {
    const head = layers.input({ shape: [1, 6, 8] })
    const first = { ...pixels, shape: [8, 1, 6, 8] }
    const augmentation = layers.randomFlip({ mode: 'horizontal', dataFormat: 'channelsFirst' })
    const out = layers.conv2d({ filters: 1, kernelSize: 1, kernelInitializer: 'ones', dataFormat: 'channelsFirst' })(
      head,
    )
    const trained = model({ inputs: head, outputs: out }).compile({ optimizer, loss: 'meanSquaredError', augmentation })
    expect((await trained.trainOnBatch(first, first)).loss).toBe(0)
  })
})

describe('augmentation as the first layer of a model', () => {
  test.each<[string, () => AnyLayer]>([
    ['randAugment', () => layers.randAugment()],
    ['augMix', () => layers.augMix()],
    ['randomColorJitter', () => layers.randomColorJitter({ brightnessFactor: 0.2, hueFactor: 0.1 })],
    ['randomGaussianBlur', () => layers.randomGaussianBlur()],
    ['equalization', () => layers.equalization()],
    ['mixUp', () => layers.mixUp()],
  ])('%s trains, the same for the same seed', async (_, make) => {
    const run = async (seed: number) => {
      const net = network(make()).compile({ optimizer, loss: 'categoricalCrossentropy' })
      const { history } = await net.fit(x, y, { epochs: 2, batchSize: 8, seed })
      expect(history.loss.every(Number.isFinite)).toBe(true)
      return net.getWeights()
    }
    expect(await run(1)).toEqual(await run(1))
  })
})
