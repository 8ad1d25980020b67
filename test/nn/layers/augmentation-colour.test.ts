import { describe, expect, test } from 'vitest'
import { fromNumbers, type TensorData, toNumbers } from '../../../src/core/tensor-data.ts'
import { Value } from '../../../src/graph/value.ts'
import { layers, model } from '../../../src/index.ts'
import { concatenated } from '../../../src/models/formats/hdf5/fields.ts'
import { encodeKeras, readKeras } from '../../../src/models/formats/keras/archive.ts'
import { type AnyLayer, Symbolic } from '../../../src/nn/layer.ts'
import { beta, dirichlet, integers, permutation } from '../../../src/nn/layers/augmentation/draws.ts'
import { type Draws, drawsFrom } from '../../../src/nn/layers/augmentation/random-layer.ts'
import { applyLayer } from '../../../src/nn/make-layer.ts'
import { runLayer } from '../../../src/nn/run-layer.ts'
import { constant, scalar } from '../../../src/ops/constants.ts'
import { checkLayerContract } from '../../support/layer-contract.ts'
import { evaluate, worstError } from '../../support/run.ts'

const random: Readonly<Record<string, () => AnyLayer>> = {
  equalization: () => layers.equalization(),
  solarization: () => layers.solarization({ additionFactor: 0.1, thresholdFactor: [0.2, 0.9] }),
  randomBrightness: () => layers.randomBrightness({ factor: 0.3 }),
  randomContrast: () => layers.randomContrast({ factor: [0.2, 0.6] }),
  randomSaturation: () => layers.randomSaturation({ factor: [0.3, 0.7] }),
  randomHue: () => layers.randomHue({ factor: 0.4 }),
  randomColorDegeneration: () => layers.randomColorDegeneration({ factor: [0.2, 0.9] }),
  randomColorJitter: () => layers.randomColorJitter({ brightnessFactor: 0.1, saturationFactor: [0.4, 0.6] }),
  randomGrayscale: () => layers.randomGrayscale({ seed: 4 }),
  randomInvert: () => layers.randomInvert({ factor: [0.5, 0.5] }),
  randomPosterization: () => layers.randomPosterization({ factor: [2, 6] }),
  randomSharpness: () => layers.randomSharpness({ factor: 0.9 }),
  randomGaussianBlur: () => layers.randomGaussianBlur({ factor: 0.9, kernelSize: [3, 5] }),
  mixUp: () => layers.mixUp(),
  cutMix: () => layers.cutMix({ factor: [0.5, 1], seed: 2 }),
  randAugment: () => layers.randAugment({ numOps: 3, factor: [0.3, 0.8] }),
  augMix: () => layers.augMix({ seed: 8, allOps: false }),
}
const always: Readonly<Record<string, () => AnyLayer>> = {
  autoContrast: () => layers.autoContrast({ valueRange: [0, 4] }),
  contrastLimitedAdaptiveHistogramEqualization: () =>
    layers.contrastLimitedAdaptiveHistogramEqualization({ tileGridSize: [2, 3], valueRange: [-3, 3] }),
}
const both = Object.entries({ ...random, ...always })

const image = [6, 5, 3]
const pixels = (shape: readonly number[], seed = 1): TensorData => {
  const size = shape.reduce((n, dim) => n * dim, 1)
  return fromNumbers(
    'float32',
    shape,
    Array.from({ length: size }, (_, i) => ((i * 7919 + seed * 104729) % 25600) / 100),
  )
}

/** Outputs in training, with the key of a step. */
async function trained(layer: AnyLayer, inputs: readonly TensorData[], key: readonly [number, number] = [0, 5]) {
  const values = inputs.map(({ dtype, shape }) => Value.input({ dtype, shape }))
  const [first, ...rest] = values
  if (!first) throw new Error('an input')
  const outputs = runLayer(
    {
      training: true,
      masks: new Map(),
      updates: new Map(),
      losses: [],
      weight: () => scalar(0),
      key: () => constant(key, [2], 'int64'),
    },
    layer.type,
    layer,
    [first, ...rest],
  )
  return evaluate(outputs, new Map(values.map((value, i) => [value, inputs[i] ?? pixels([1])])))
}

const only = async (results: Promise<TensorData[]>): Promise<TensorData> => {
  const [first] = await results
  if (!first) throw new Error('one output')
  return first
}

describe('augmentation layers keep to the contract of layers', () => {
  test.each(both)('%s', async (_, make) => {
    await checkLayerContract({ make, inputs: [image] })
  })

  test.each(['mixUp', 'cutMix'] as const)('%s, with labels', async name => {
    await checkLayerContract({ make: () => layers[name](), inputs: [image, [4]] })
  })
})

describe('in inference', () => {
  test.each(Object.entries(random))('%s leaves images as they are', async (_, make) => {
    const head = layers.input({ shape: image })
    const output = applyLayer(make(), head)
    if (!(output instanceof Symbolic)) throw new Error('one output')
    const x = pixels([2, ...image])
    expect(await model({ inputs: head, outputs: output }).predict(x)).toEqual(x)
  })

  test.each(Object.entries(always))('%s changes them all the same', async (_, make) => {
    const head = layers.input({ shape: image })
    const output = applyLayer(make(), head)
    if (!(output instanceof Symbolic)) throw new Error('one output')
    const x = pixels([2, ...image])
    const y = await model({ inputs: head, outputs: output }).predict(x)
    expect(y.data).not.toEqual(x.data)
    expect(y).toEqual(await only(trained(make(), [x])))
  })
})

describe('in training', () => {
  const drawing = Object.entries(random).filter(([name]) => name !== 'equalization')

  test.each(drawing)('%s draws the same for the same step, and anew for the next', async (_, make) => {
    const x = pixels([8, ...image])
    const once = await trained(make(), [x], [3, 9])
    expect(await trained(make(), [x], [3, 9])).toEqual(once)
    expect(await trained(make(), [x], [4, 9])).not.toEqual(once)
  })

  test.each(both)('%s takes one image as a batch of one', async (_, make) => {
    const x = pixels(image)
    const single = await only(trained(make(), [x]))
    const batch = await only(trained(make(), [{ ...x, shape: [1, ...image] }]))
    expect(single.shape).toEqual(image)
    // A mean of an image with itself may differ in its last digit.
    expect(worstError(single, batch)).toBeLessThan(1e-6)
  })

  test.each(both)('%s takes bytes, and gives numbers of the same values', async (name, make) => {
    const bytes = fromNumbers('uint8', [2, ...image], toNumbers(pixels([2, ...image])).map(Math.floor))
    const floats = fromNumbers('float32', bytes.shape, toNumbers(bytes))
    const keepsDType = name === 'contrastLimitedAdaptiveHistogramEqualization'
    const got = await only(trained(make(), [bytes]))
    expect(got.dtype).toBe(keepsDType ? 'uint8' : 'float32')
    if (!keepsDType) expect(got).toEqual(await only(trained(make(), [floats])))
  })

  test('a seed of its own makes a layer draw the same in every run', async () => {
    const x = pixels([8, ...image])
    const seeded = () => layers.randomBrightness({ factor: 0.5, seed: 3 })
    const once = await trained(seeded(), [x], [2, 100])
    expect(await trained(seeded(), [x], [2, 200])).toEqual(once)
    expect(await trained(layers.randomBrightness({ factor: 0.5, seed: 4 }), [x], [2, 100])).not.toEqual(once)
    expect(await trained(seeded(), [x], [3, 100])).not.toEqual(once)
  })

  test('every image of a batch gets an amount of its own', async () => {
    const x = fromNumbers('float32', [2000, 1, 1, 1], new Array<number>(2000).fill(100))
    const y = toNumbers(await only(trained(layers.randomBrightness({ factor: [-0.2, 0.3] }), [x])))
    const deltas = [...y].map(value => (value - 100) / 255)
    expect(Math.min(...deltas)).toBeGreaterThanOrEqual(-0.2 - 1e-6)
    expect(Math.max(...deltas)).toBeLessThan(0.3 + 1e-6)
    expect(mean(deltas)).toBeCloseTo(0.05, 1.5)
    expect(deviation(deltas)).toBeCloseTo(0.5 / Math.sqrt(12), 2)
  })

  test('probabilities are kept to', async () => {
    const x = fromNumbers(
      'float32',
      [4000, 1, 1, 3],
      Array.from({ length: 12000 }, (_, i) => [10, 200, 90][i % 3] ?? 0),
    )
    const changed = async (layer: AnyLayer) => {
      const y = toNumbers(await only(trained(layer, [x])))
      return mean([...y].filter((_, i) => i % 3 === 0).map(value => Number(value !== 10)))
    }
    expect(await changed(layers.randomGrayscale({ factor: 0.3 }))).toBeCloseTo(0.3, 1.3)
    expect(await changed(layers.randomInvert({ factor: [0.8, 0.8] }))).toBeCloseTo(0.8, 1.3)
    // From 0 to 1, so one half.
    expect(await changed(layers.randomInvert())).toBeCloseTo(0.5, 1.3)
  })

  test('posterization keeps from its lower bound up to below its upper one', async () => {
    const x = fromNumbers('float32', [500, 1, 1, 1], new Array<number>(500).fill(255))
    const y = toNumbers(await only(trained(layers.randomPosterization({ factor: [2, 5] }), [x])))
    expect(new Set(y)).toEqual(new Set([0b11000000, 0b11100000, 0b11110000]))
  })
})

describe('mixing', () => {
  const n = 6
  const x = fromNumbers(
    'float32',
    [n, 4, 5, 1],
    Array.from({ length: n * 20 }, (_, i) => Math.floor(i / 20)),
  )
  // One-hot: what a row holds are the shares of each image.
  const labels = fromNumbers(
    'float32',
    [n, n],
    Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0)),
  )

  test('mixUp mixes images and labels by the same shares', async () => {
    const [images, targets] = await trained(layers.mixUp({ alpha: 1 }), [x, labels])
    if (!images || !targets) throw new Error('two outputs')
    expect(targets.shape).toEqual([n, n])
    const [pixel, share] = [toNumbers(images), toNumbers(targets)]
    let moved = 0
    for (let i = 0; i < n; i++) {
      const row = [...share.subarray(i * n, (i + 1) * n)]
      expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6)
      expect(pixel[i * 20]).toBeCloseTo(
        row.reduce((sum, part, k) => sum + part * k, 0),
        5,
      )
      moved += Number((row[i] ?? 1) < 1)
    }
    expect(moved).toBeGreaterThan(1)
  })

  test('cutMix pastes a box, and mixes labels by its area', async () => {
    const size = 64
    const large = fromNumbers(
      'float32',
      [n, size, size, 1],
      Array.from({ length: n * size * size }, (_, i) => Math.floor(i / (size * size))),
    )
    const [images, targets] = await trained(layers.cutMix(), [large, labels])
    if (!images || !targets) throw new Error('two outputs')
    const [pixel, share] = [toNumbers(images), toNumbers(targets)]
    for (let i = 0; i < n; i++) {
      const own = [...pixel.subarray(i * size * size, (i + 1) * size * size)]
      const kept = mean(own.map(value => Number(value === i)))
      // The box is cut to whole pixels.
      expect(Math.abs(kept - (share[i * n + i] ?? 0))).toBeLessThan(0.05)
      expect(new Set(own).size).toBeLessThanOrEqual(2)
    }
  })

  test('class numbers are refused', async () => {
    const numbers = fromNumbers('int32', [n], [0, 1, 2, 3, 4, 5])
    await expect(trained(layers.mixUp(), [x, numbers])).rejects.toThrow(/labels of shape \[batch, classes\]/)
  })
})

describe('draws', () => {
  const count = 20000
  const drawn = async (draw: (random: Draws) => Value): Promise<number[]> => {
    const [result] = await evaluate([draw(drawsFrom(constant([7, 11], [2], 'int64')))], new Map())
    return result ? [...toNumbers(result)] : []
  }

  test.each([0.2, 1, 3])('Beta(%d, %d) has its mean and variance', async alpha => {
    const values = await drawn(random => beta(random, count, scalar(alpha)))
    expect(values.every(value => value >= 0 && value <= 1)).toBe(true)
    expect(mean(values)).toBeCloseTo(0.5, 1.7)
    expect(deviation(values) ** 2).toBeCloseTo(1 / (4 * (2 * alpha + 1)), 2)
  })

  test('Beta of next to nothing is 0 or 1', async () => {
    const values = await drawn(random => beta(random, 500, scalar(1e-6)))
    expect(values.every(value => value < 1e-3 || value > 1 - 1e-3)).toBe(true)
    expect(mean(values)).toBeCloseTo(0.5, 0.9)
  })

  test('Dirichlet weights have the sum 1', async () => {
    const values = await drawn(random => dirichlet(random, 5, scalar(1)))
    expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
    expect(new Set(values).size).toBe(5)
  })

  test('a permutation has each number once', async () => {
    const order = await drawn(random => permutation(random, 100))
    expect(order).not.toEqual([...order].sort((a, b) => a - b))
    expect(new Set(order)).toEqual(new Set(Array.from({ length: 100 }, (_, i) => i)))
  })

  test('integers are those from the lower bound to below the upper one', async () => {
    const values = await drawn(random => integers(random, [1000], -1, 3))
    expect(new Set(values)).toEqual(new Set([-1, 0, 1, 2]))
  })
})

describe('files', () => {
  test.each(both)('%s comes back from a Keras file', async (_, make) => {
    const head = layers.input({ shape: image })
    const layer = make()
    const output = applyLayer(layer, head)
    if (!(output instanceof Symbolic)) throw new Error('one output')
    const bytes = concatenated(encodeKeras(model({ inputs: head, outputs: output })))
    const read = await readKeras(bytes, { where: 'file' })
    const found = read.layers.find(({ type }) => type === layer.type)
    expect(found?.config).toEqual(layer.config)
  })
})

describe('options are checked when a layer is made', () => {
  test.each<[string, () => AnyLayer, RegExp]>([
    ['a factor out of range', () => layers.randomBrightness({ factor: 1.5 }), /'factor' to be a number from -1 to 1/],
    ['three factors', () => layers.randomContrast({ factor: [0.1, 0.2, 0.3] }), /or two of them/],
    ['a negative factor', () => layers.randomHue({ factor: [-0.5, 0.5] }), /from 0 to 1/],
    ['too many bits', () => layers.randomPosterization({ factor: 9 }), /from 1 to 8/],
    ['a probability above 1', () => layers.randomGrayscale({ factor: 2 }), /from 0 to 1/],
    ['an even kernel', () => layers.randomGaussianBlur({ kernelSize: 4 }), /odd/],
    ['a jitter of hue', () => layers.randomColorJitter({ hueFactor: 3 }), /'factor'/],
    ['a range of one value', () => layers.autoContrast({ valueRange: [1, 1] }), /'valueRange'/],
    ['no bins', () => layers.equalization({ bins: 0 }), /'bins'/],
    [
      'a grid of one number',
      () => layers.contrastLimitedAdaptiveHistogramEqualization({ tileGridSize: [8] }),
      /tileGridSize/,
    ],
    ['no mixing', () => layers.mixUp({ alpha: 0 }), /'alpha' above 0/],
    ['a seed of a half', () => layers.cutMix({ seed: 0.5 }), /'seed'/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message)
  })

  test('colours need three channels, and images a channel axis', async () => {
    await expect(trained(layers.randomHue({ factor: 0.5 }), [pixels([2, 4, 4, 2])])).rejects.toThrow(/three channels/)
    expect(() => applyLayer(layers.randomInvert(), layers.input({ shape: [4, 4] }))).toThrow(/channel axis/)
  })
})

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const deviation = (values: readonly number[]): number => {
  const middle = mean(values)
  return Math.sqrt(mean(values.map(value => (value - middle) ** 2)))
}
