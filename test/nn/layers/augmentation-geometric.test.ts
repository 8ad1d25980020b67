import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fromNumbers, type TensorData, toNumbers } from '../../../src/core/tensor-data.ts'
import { type Callback, layers, model, sequential, sgd } from '../../../src/index.ts'
import type { ModelFitOptions } from '../../../src/models/calls.ts'
import { concatenated } from '../../../src/models/formats/hdf5/fields.ts'
import { encodeKeras, readKeras } from '../../../src/models/formats/keras/archive.ts'
import { toKerasConfig } from '../../../src/models/formats/keras/encode.ts'
import { type AnyLayer, Symbolic } from '../../../src/nn/layer.ts'
import { applyLayer } from '../../../src/nn/make-layer.ts'
import { coordinates, lookups, trainer } from '../../support/augmentation.ts'
import { checkLayerContract } from '../../support/layer-contract.ts'
import { worstError } from '../../support/run.ts'

const random: Readonly<Record<string, () => AnyLayer>> = {
  randomFlip: () => layers.randomFlip(),
  randomRotation: () => layers.randomRotation({ factor: 0.3, fillMode: 'wrap' }),
  randomZoom: () => layers.randomZoom({ heightFactor: 0.4, widthFactor: [-0.2, 0.3] }),
  randomTranslation: () =>
    layers.randomTranslation({ heightFactor: 0.4, widthFactor: 0.3, fillMode: 'constant', fillValue: 2, seed: 7 }),
  randomShear: () => layers.randomShear({ xFactor: [0.1, 0.4], yFactor: 0.2, fillMode: 'nearest' }),
  randomPerspective: () => layers.randomPerspective({ factor: [0.9, 1], scale: 0.6 }),
  randomErasing: () => layers.randomErasing({ factor: [1, 1], scale: [0.2, 0.4] }),
  randomElasticTransform: () =>
    layers.randomElasticTransform({ factor: [1, 1], scale: [0.5, 0.9], valueRange: [-9, 300] }),
}
const all = Object.entries(random)
const image = [6, 7, 3]

const pixels = (shape: readonly number[]): TensorData<'float32'> =>
  fromNumbers(
    'float32',
    shape,
    Array.from({ length: shape.reduce((n, dim) => n * dim, 1) }, (_, i) => ((i * 7919) % 25000) / 100),
  )

async function inInference(layer: AnyLayer, x: TensorData): Promise<TensorData> {
  const head = layers.input({ shape: x.shape.slice(1), dtype: x.dtype })
  const output = applyLayer(layer, head)
  if (!(output instanceof Symbolic)) throw new Error('one output')
  return model({ inputs: head, outputs: output }).predict(x)
}

const trained = async (layer: AnyLayer, x: TensorData, step = 0, seed = 5): Promise<TensorData> =>
  (await trainer(layer, x))(x, step, seed)

const moments = (values: readonly number[]) => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return { mean, deviation: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) }
}

/** Values between `low` and `high`, spread evenly: mean and deviation are a uniform distribution's, and both ends are nearly reached. */
function expectUniform(values: readonly number[], low: number, high: number): void {
  const slack = (high - low) * 0.01
  expect(Math.min(...values)).toBeGreaterThanOrEqual(low - 1e-3)
  expect(Math.max(...values)).toBeLessThanOrEqual(high + 1e-3)
  expect(Math.min(...values)).toBeLessThan(low + 2 * slack)
  expect(Math.max(...values)).toBeGreaterThan(high - 2 * slack)
  const { mean, deviation } = moments(values)
  expect(Math.abs(mean - (low + high) / 2)).toBeLessThan(4 * slack)
  expect(Math.abs(deviation - (high - low) / Math.sqrt(12))).toBeLessThan(3 * slack)
}

describe('the contract of layers', () => {
  test.each(all)('%s', async (_, make) => {
    await checkLayerContract({ make, inputs: [image] })
  })

  test('randomFlip and randomRotation with channels first', async () => {
    await checkLayerContract({ make: () => layers.randomFlip({ dataFormat: 'channelsFirst' }), inputs: [image] })
    await checkLayerContract({
      make: () => layers.randomRotation({ factor: 0.2, dataFormat: 'channelsFirst', interpolation: 'nearest' }),
      inputs: [image],
    })
  })

  test('randomCrop', async () => {
    await checkLayerContract({ make: () => layers.randomCrop({ height: 3, width: 4 }), inputs: [image] })
    await checkLayerContract({ make: () => layers.randomCrop({ height: 9, width: 4, seed: 3 }), inputs: [image] })
  })

  test('maxNumBoundingBoxes', async () => {
    for (const maxNumber of [2, 3, 5]) {
      const make = () => layers.maxNumBoundingBoxes({ maxNumber, fillValue: -3 })
      await checkLayerContract({ make, inputs: [[3, 4]] })
      await checkLayerContract({ make, inputs: [[3, 4], [3]] })
      await checkLayerContract({ make, inputs: [image] })
    }
  })

  test('pipeline', async () => {
    await checkLayerContract({
      make: () =>
        layers.pipeline({ layers: [layers.randomFlip(), layers.rescaling({ scale: 0.5 }), layers.randomFlip()] }),
      inputs: [image],
      notSerializable: 'its config holds layers',
    })
  })
})

describe('in inference', () => {
  test.each(all)('%s leaves images as they are, and makes floats of bytes', async (_, make) => {
    const x = pixels([2, ...image])
    expect(await inInference(make(), x)).toEqual(x)
    const bytes = fromNumbers('uint8', x.shape, toNumbers(x).map(Math.floor))
    expect(await inInference(make(), bytes)).toEqual(fromNumbers('float32', x.shape, toNumbers(bytes)))
  })

  test('randomCrop takes the largest part of the aspect ratio in the middle, resized', async () => {
    const x = pixels([2, 6, 8, 3])
    const crop = await inInference(layers.randomCrop({ height: 3, width: 3 }), x)
    const resized = await inInference(layers.resizing({ height: 3, width: 3, cropToAspectRatio: true }), x)
    expect(crop).toEqual(resized)
  })
})

describe('in training', () => {
  test.each(all)('%s draws the same for the same step, and anew for the next', async (name, make) => {
    const x = pixels([4, ...image])
    const run = await trainer(make(), x)
    const once = await run(x, 3, 9)
    expect(once.shape).toEqual(x.shape)
    expect(once).not.toEqual(x)
    expect(await run(x, 3, 9)).toEqual(once)
    expect(await run(x, 4, 9)).not.toEqual(once)
    // A seed of the layer's own takes the place of the run's.
    const other = await run(x, 3, 10)
    if (name === 'randomTranslation') expect(other).toEqual(once)
    else expect(other).not.toEqual(once)
  })

  test.each(all)('%s takes one image as a batch of one, and bytes as floats', async (_, make) => {
    const x = pixels(image)
    const batch = await trained(make(), { ...x, shape: [1, ...image] })
    const single = await trained(make(), x)
    expect(single.shape).toEqual(image)
    expect(worstError(single, batch)).toBeLessThan(1e-6)
    const bytes = fromNumbers('uint8', image, toNumbers(x).map(Math.floor))
    const floats = fromNumbers('float32', image, toNumbers(bytes))
    expect(await trained(make(), bytes)).toEqual(await trained(make(), floats))
  })

  test('randomFlip flips half of the images, along both axes or none', async () => {
    const x = coordinates(1000, 2, 2)
    const corners = lookups(await trained(layers.randomFlip(), x), 0, 0)
    const flips = corners.filter(([column]) => column === 1).length
    expect(Math.abs(flips - 500)).toBeLessThan(50)
    expect(corners.every(([column, row]) => column === row)).toBe(true)
    const across = lookups(await trained(layers.randomFlip({ mode: 'horizontal' }), x), 0, 0)
    expect(across.every(([, row]) => row === 0)).toBe(true)
    const down = lookups(await trained(layers.randomFlip({ mode: 'vertical' }), x), 0, 0)
    expect(down.every(([column]) => column === 0)).toBe(true)
  })

  test('randomRotation draws angles evenly between its bounds', async () => {
    const turned = await trained(layers.randomRotation({ factor: [-0.2, 0.3] }), coordinates(2000, 7, 7))
    const [middle, right] = [lookups(turned, 3, 3), lookups(turned, 3, 4)]
    const angles = right.map(([x, y], i) => Math.atan2(y - (middle[i]?.[1] ?? 0), x - (middle[i]?.[0] ?? 0)))
    expectUniform(angles, -0.2 * 2 * Math.PI, 0.3 * 2 * Math.PI)
  })

  test('randomZoom draws zooms, of both axes or for each', async () => {
    const zooms = async (layer: AnyLayer) => {
      const result = await trained(layer, coordinates(2000, 7, 7))
      return lookups(result, 4, 4).map(([x, y]): [number, number] => [x - 3, y - 3])
    }
    const same = await zooms(layers.randomZoom({ heightFactor: [-0.5, 0.2] }))
    expectUniform(
      same.map(([, y]) => y),
      0.5,
      1.2,
    )
    expect(same.every(([x, y]) => Math.abs(x - y) < 1e-5)).toBe(true)
    const each = await zooms(layers.randomZoom({ heightFactor: 0.4, widthFactor: [0.1, 0.5] }))
    expectUniform(
      each.map(([, y]) => y),
      0.6,
      1.4,
    )
    expectUniform(
      each.map(([x]) => x),
      1.1,
      1.5,
    )
  })

  test('randomTranslation draws distances in parts of the image', async () => {
    const layer = layers.randomTranslation({ heightFactor: 0.2, widthFactor: [0.1, 0.4] })
    const found = lookups(await trained(layer, coordinates(2000, 11, 21)), 5, 10)
    expectUniform(
      found.map(([x]) => 10 - x),
      2.1,
      8.4,
    )
    expectUniform(
      found.map(([, y]) => 5 - y),
      -2.2,
      2.2,
    )
  })

  test('randomShear shears both ways', async () => {
    const found = lookups(await trained(layers.randomShear({ xFactor: [0, 0.6] }), coordinates(2000, 5, 9)), 2, 4)
    expectUniform(
      found.map(([x]) => (x - 4) / 2),
      -0.6,
      0.6,
    )
    expect(found.every(([, y]) => Math.abs(y - 2) < 1e-5)).toBe(true)
  })

  test('randomPerspective and the others with a probability change that share of images', async () => {
    const x = pixels([1000, 6, 6, 1])
    const share = async (layer: AnyLayer) => {
      const [before, after] = [toNumbers(x), toNumbers(await trained(layer, x))]
      const changed = Array.from({ length: 1000 }, (_, i) => {
        const at = Array.from({ length: 36 }, (_, j) => i * 36 + j)
        return at.some(j => before[j] !== after[j])
      })
      return changed.filter(Boolean).length / 1000
    }
    const factor = [0.3, 0.3]
    expect(await share(layers.randomPerspective({ factor }))).toBeCloseTo(0.3, 1)
    expect(await share(layers.randomErasing({ factor, scale: [0.5, 0.5] }))).toBeCloseTo(0.3, 1)
    expect(await share(layers.randomElasticTransform({ factor, scale: [0.9, 0.9] }))).toBeCloseTo(0.3, 1)
    // From 0 to 1, as a probability that is drawn too: half of them.
    expect(await share(layers.randomPerspective())).toBeCloseTo(0.5, 1)
    expect(await share(layers.randomPerspective({ factor: 0 }))).toBe(0)
    expect(await share(layers.randomElasticTransform({ scale: 0 }))).toBe(0)
  })

  test('randomCrop cuts the same part out of a batch, anywhere in the images', async () => {
    const x = coordinates(2, 6, 5)
    const run = await trainer(layers.randomCrop({ height: 4, width: 4 }), x)
    const corners = new Map<string, number>()
    for (let step = 0; step < 300; step++) {
      const result = await run(x, step)
      const [first, second] = lookups(result, 0, 0)
      expect(second).toEqual(first)
      expect(lookups(result, 3, 3)[0]).toEqual(first?.map(place => place + 3))
      corners.set(String(first), (corners.get(String(first)) ?? 0) + 1)
    }
    expect([...corners.keys()].sort()).toEqual(['0,0', '0,1', '0,2', '1,0', '1,1', '1,2'])
    for (const count of corners.values()) expect(Math.abs(count - 50)).toBeLessThan(25)
  })

  test('randomErasing fills rectangles of the wanted size', async () => {
    const size = 20
    const x = fromNumbers('float32', [500, size, size, 1], new Array(500 * size * size).fill(-1))
    const layer = (fillValue: number | null) =>
      layers.randomErasing({ factor: [1, 1], scale: [0.25, 0.25], fillValue, valueRange: [0, 100] })
    const grey = toNumbers(await trained(layer(40), x))
    expect(new Set(grey)).toEqual(new Set([-1, 40]))
    const areas = Array.from({ length: 500 }, (_, i) => {
      const own = grey.slice(i * size * size, (i + 1) * size * size)
      return own.filter(value => value === 40).length
    })
    // Half of each side.
    expect(new Set(areas)).toEqual(new Set([100]))
    const noise = Array.from(toNumbers(await trained(layer(null), x))).filter(value => value >= 0)
    expect(noise).toHaveLength(500 * 100)
    // Normal of deviation 100, cut off: half at 0, a sixth at 100.
    const at = (value: number) => noise.filter(other => other === value).length / noise.length
    expect(at(0)).toBeCloseTo(0.5, 1)
    expect(at(100)).toBeCloseTo(0.159, 1)
  })

  test('randomElasticTransform moves pixels smoothly, and differently along both axes', async () => {
    const layer = layers.randomElasticTransform({ factor: [1, 1], scale: [0.8, 0.8] })
    const x = coordinates(200, 41, 41)
    const result = await trained(layer, x)
    const [a, b] = [lookups(result, 20, 20), lookups(result, 20, 21)]
    const across = a.map(([column]) => column - 20)
    const down = a.map(([, row]) => row - 20)
    const [first, second] = [moments(across), moments(down)]
    expect(Math.abs(first.mean)).toBeLessThan(0.3 * first.deviation)
    expect(first.deviation).toBeGreaterThan(0.3)
    expect(second.deviation / first.deviation).toBeCloseTo(1, 0)
    const product = moments(across.map((value, i) => value * (down[i] ?? 0))).mean
    expect(Math.abs(product)).toBeLessThan(0.25 * first.deviation * second.deviation)
    const stretch = moments(b.map(([column], i) => column - 1 - (a[i]?.[0] ?? 0)))
    expect(stretch.deviation).toBeLessThan(first.deviation)
  })
})

describe('as a part of a model', () => {
  const built = (seed: number) =>
    sequential(
      [
        layers.input({ shape: [6, 6, 1] }),
        layers.pipeline({ layers: [layers.randomFlip(), layers.randomRotation({ factor: 0.1 })] }),
        layers.randomTranslation({ heightFactor: 0.2, widthFactor: 0.2 }),
        layers.randomZoom({ heightFactor: 0.2 }),
        layers.randomCrop({ height: 5, width: 4 }),
        layers.flatten(),
        layers.dense({ units: 2 }),
      ],
      { seed },
    )
  const x = fromNumbers(
    'float32',
    [12, 6, 6, 1],
    Array.from({ length: 432 }, (_, i) => ((i * 37) % 101) / 101),
  )
  const y = fromNumbers(
    'float32',
    [12, 2],
    Array.from({ length: 24 }, (_, i) => (i % 5) / 5),
  )

  async function weightsAfter(seed: number, options: ModelFitOptions = {}): Promise<readonly TensorData[]> {
    const net = built(seed)
    net.compile({ optimizer: sgd({ learningRate: 0.05 }), loss: 'meanSquaredError' })
    await net.fit(x, y, { epochs: 3, batchSize: 5, seed, ...options })
    return net.getWeights()
  }

  test('runs of one seed are equal bit for bit, resumed ones too, and those of another differ', async () => {
    const once = await weightsAfter(3)
    expect(await weightsAfter(3)).toEqual(once)
    expect(await weightsAfter(4)).not.toEqual(once)
    const folder = mkdtempSync(join(tmpdir(), 'augmented-'))
    const checkpoint = { path: join(folder, 'run.ckpt'), everySteps: 1 }
    const killed: Callback = {
      onBatchEnd: ({ epoch, step }) => {
        if (epoch === 1 && step === 1) throw new Error('killed')
      },
    }
    await expect(weightsAfter(3, { checkpoint, callbacks: [killed] })).rejects.toThrow('killed')
    expect(await weightsAfter(3, { checkpoint })).toEqual(once)
    rmSync(folder, { recursive: true })
  })

  test('a .keras file holds them', async () => {
    const net = built(3)
    const again = await readKeras(concatenated(encodeKeras(net)), { where: 'augmented.keras' })
    expect(toKerasConfig(again)).toEqual(toKerasConfig(net))
    expect(await again.predict(x)).toEqual(await net.predict(x))
  })

  test('configs have Keras’s keys', () => {
    const keys = (layer: AnyLayer) => Object.keys(layer.config).sort()
    const sampling = ['dataFormat', 'fillMode', 'fillValue', 'interpolation', 'seed']
    expect(keys(layers.randomFlip())).toEqual(['dataFormat', 'mode', 'seed'])
    expect(keys(layers.randomRotation({ factor: 0.1 }))).toEqual([...sampling, 'factor'].sort())
    expect(keys(layers.randomZoom({ heightFactor: 0.1 }))).toEqual([...sampling, 'heightFactor', 'widthFactor'].sort())
    expect(keys(layers.randomShear())).toEqual([...sampling, 'xFactor', 'yFactor'].sort())
    expect(keys(layers.randomCrop({ height: 1, width: 1 }))).toEqual(['dataFormat', 'height', 'seed', 'width'])
    expect(layers.randomShear({ xFactor: [-0.2, 0.2], yFactor: [0.1, 0.3] }).config).toMatchObject({
      xFactor: 0.2,
      yFactor: [0.1, 0.3],
    })
    expect(layers.randomRotation({ factor: [0.2, -0.1] }).config).toMatchObject({ factor: [-0.1, 0.2] })
  })
})

describe('options are checked when a layer is made', () => {
  const wrong: readonly (readonly [string, () => AnyLayer, RegExp])[] = [
    ['a factor above 1', () => layers.randomRotation({ factor: 1.5 }), /'factor' to be a number from -1 to 1/],
    ['three factors', () => layers.randomRotation({ factor: [0, 0.1, 0.2] }), /'factor'/],
    ['no number', () => layers.randomTranslation({ heightFactor: Number.NaN, widthFactor: 0 }), /'heightFactor'/],
    ['a zoom to nothing', () => layers.randomZoom({ heightFactor: [-1, 0] }), /above −1/],
    [
      'an unknown fill mode',
      () => layers.randomShear({ fillMode: 'mirror' as 'wrap' }),
      /'fillMode' to be one of 'reflect'/,
    ],
    ['bicubic', () => layers.randomZoom({ heightFactor: 0, interpolation: 'bicubic' as 'nearest' }), /'interpolation'/],
    ['an unknown mode', () => layers.randomFlip({ mode: 'both' as 'vertical' }), /'mode'/],
    [
      'a negative probability',
      () => layers.randomErasing({ factor: [-0.1, 0.5] }),
      /'factor' to be a number from 0 to 1/,
    ],
    ['two values of fill', () => layers.randomErasing({ fillValue: [1, 2] }), /three of them/],
    ['a range upside down', () => layers.randomErasing({ valueRange: [1, 0] }), /'valueRange'/],
    ['a scale above 1', () => layers.randomPerspective({ scale: 1.5 }), /'scale' to be a number from 0 to 1/],
    ['half a pixel', () => layers.randomCrop({ height: 1.5, width: 2 }), /'height' to be a positive integer/],
    ['no boxes', () => layers.maxNumBoundingBoxes({ maxNumber: 0 }), /'maxNumber'/],
    ['a seed that is none', () => layers.randomFlip({ seed: 0.5 }), /'seed'/],
    ['no layers', () => layers.pipeline({ layers: [] }), /'layers', received none/],
  ]
  test.each(wrong)('%s', (_, make, message) => {
    expect(make).toThrow(message)
  })

  test('and images when it is applied', () => {
    expect(() => applyLayer(layers.randomFlip(), layers.input({ shape: [28, 28] }))).toThrow(
      /Grey images need a channel axis/,
    )
    expect(() => applyLayer(layers.randomCrop({ height: 2, width: 2 }), layers.input({ shape: [null, 5, 3] }))).toThrow(
      /known/,
    )
    expect(() => applyLayer(layers.maxNumBoundingBoxes({ maxNumber: 2 }), layers.input({ shape: [3, 5] }))).toThrow(
      /\[batch, n, 4\]/,
    )
  })
})
