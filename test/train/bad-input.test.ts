import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromNumbers, type TensorData } from '../../src/core/tensor-data.ts'
import { sequential } from '../../src/models/sequential.ts'
import * as layers from '../../src/nn/layers/index.ts'
import * as losses from '../../src/nn/losses.ts'
import { adam } from '../../src/train/optimizers/adam.ts'
import type { Optimizer } from '../../src/train/optimizers/optimizer.ts'
import { sgd } from '../../src/train/optimizers/sgd.ts'
import { exponentialDecay } from '../../src/train/schedules/decays.ts'

/** What a person sees who feeds the wrong thing: each a typed error that names what was expected, what came, and what to do. */

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenon-bad-'))
})
afterAll(() => rm(folder, { recursive: true }))

const x = fromNumbers(
  'float32',
  [8, 2],
  Array.from({ length: 16 }, (_, i) => i / 16),
)
const y = fromNumbers('int32', [8], [0, 1, 2, 0, 1, 2, 0, 1])

function classifier(learningRate = 0.1) {
  const model = sequential(
    [
      layers.input({ shape: [2] }),
      layers.dense({ units: 4, activation: 'relu' }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
    { seed: 1 },
  )
  return model.compile({
    optimizer: sgd({ learningRate }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  })
}

describe('models', () => {
  test('no input layer', () => {
    expect(() => sequential([layers.dense({ units: 1 })])).toThrow(
      /sequential: expected layers.input\(\{ shape \}\) as the first layer, received a Dense layer/,
    )
  })
  test('images into a flat model', () => {
    // @ts-expect-error The compiler sees it too.
    expect(() => sequential([layers.input({ shape: [28, 28] }), layers.conv2d({ filters: 2, kernelSize: 3 })])).toThrow(
      /conv2d: expected an input of shape \[batch, height, width, channels\], received shape \[batch, 28, 28\]\. Grey images need a channel axis/,
    )
  })
  test('a window larger than the image', () => {
    expect(() =>
      // @ts-expect-error The compiler sees it too.
      sequential([layers.input({ shape: [4, 4, 1] }), layers.conv2d({ filters: 2, kernelSize: 5 })]),
    ).toThrow(expect.objectContaining({ code: 'shape' }))
  })
  test.each([0, -1, 2.5, Number.NaN])('%d units', units => {
    expect(() => layers.dense({ units })).toThrow(/dense: expected 'units' to be a positive integer, received/)
  })
  test('a layer name twice', () => {
    expect(() =>
      sequential([
        layers.input({ shape: [2] }),
        layers.dense({ units: 1, name: 'a' }),
        layers.dense({ units: 1, name: 'a' }),
      ]),
    ).toThrow(/'a' twice/)
  })
  test('use before compile', async () => {
    const model = sequential([layers.input({ shape: [2] }), layers.dense({ units: 1 })])
    await expect(model.fit(x, y)).rejects.toThrow(/Call compile/)
  })
  test('unknown names', () => {
    const model = sequential([layers.input({ shape: [2] }), layers.dense({ units: 1 })])
    expect(() => model.compile({ loss: 'meanSquareError' as 'meanSquaredError' })).toThrow(
      /expected a loss among .*meanSquaredError.* received 'meanSquareError'/,
    )
    expect(() => model.compile({ loss: 'meanSquaredError', optimizer: 'adamm' as 'adam' })).toThrow(
      /expected an optimizer among adam/,
    )
  })
  test('weights of the wrong shape change nothing', () => {
    const model = classifier()
    const before = model.getWeights()
    const [first, ...rest] = before
    expect(() => model.setWeights([fromNumbers('float32', [1, 1], [9]), ...rest])).toThrow(
      /dense\/kernel: expected float32\[2, 4\], received float32\[1, 1\]/,
    )
    expect(model.getWeights()[0]).toEqual(first)
  })
})

describe('data', () => {
  test('samples of another shape', async () => {
    await expect(classifier().fit(fromNumbers('float32', [8, 3], new Float32Array(24)), y)).rejects.toThrow(
      /x: expected samples of shape \[samples, 2\], received \[8, 3\]/,
    )
  })
  test('fewer targets than inputs', async () => {
    await expect(classifier().fit(x, fromNumbers('int32', [7], new Int32Array(7)))).rejects.toThrow(
      /8 inputs and 7 targets/,
    )
  })
  test('labels out of range name the place', async () => {
    const labels = fromNumbers('int32', [8], [0, 1, 2, 0, 3, 2, 0, 1])
    await expect(classifier().fit(x, labels)).rejects.toThrow(/class numbers from 0 to 2.* received 3 at position 4/)
  })
  test('labels that are no whole numbers', async () => {
    const labels = fromNumbers('float32', [8], [0, 1, 0.5, 0, 1, 2, 0, 1])
    await expect(classifier().fit(x, labels)).rejects.toThrow(/class numbers from 0 to 2.* received 0.5 at position 2/)
  })
  test('NaN in a single batch names sample and tensor; the last good weights stay, and training goes on', async () => {
    const [model, undisturbed] = [classifier(), classifier()]
    const broken = { ...x, data: x.data.slice() }
    broken.data[11] = Number.NaN // sample 5
    await undisturbed.trainOnBatch(x, y)
    await model.trainOnBatch(x, y)
    await expect(model.trainOnBatch(broken, y)).rejects.toMatchObject({
      code: 'non-finite',
      details: { step: 1, tensor: 'the input', sample: 5 },
    })
    expect(model.getWeights()).toEqual(undisturbed.getWeights())
    expect(await model.trainOnBatch(x, y)).toEqual(await undisturbed.trainOnBatch(x, y))
  })

  test('NaN in the data names step, sample and tensor; the last good weights stay', async () => {
    const broken = { ...x, data: (x.data as Float32Array).slice() }
    broken.data[11] = Number.NaN // sample 5
    const model = classifier()
    const error = await model.fit(broken, y, { batchSize: 2, shuffle: false }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'non-finite', details: { step: 2, tensor: 'the input', sample: 5 } })
    // Two good steps were done: the weights are those of a run on the first four samples.
    const reference = classifier()
    await reference.fit(head(x, 4), head(y, 4), { batchSize: 2, shuffle: false })
    expect(model.getWeights()).toEqual(reference.getWeights())
  })
  test('a diverging run stops, names the tensor and keeps finite weights', async () => {
    const model = classifier(1e30)
    const large = { ...x, data: (x.data as Float32Array).map(value => value * 1e10) }
    const error = await model.fit(large, y, { batchSize: 2, epochs: 20, shuffle: false }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code: 'non-finite' })
    for (const weight of model.getWeights()) expect(weight.data.every(Number.isFinite)).toBe(true)
  })
  test('a metric that was not compiled', async () => {
    const model = sequential([layers.input({ shape: [2] }), layers.dense({ units: 3, activation: 'softmax' })])
    model.compile({ loss: 'sparseCategoricalCrossentropy' })
    const results = await model.evaluate(x, y)
    expect(results.loss).toBeGreaterThan(0)
    expect(() => results.accuracy).toThrow(/Add it: compile\(\{ metrics: \['accuracy'\] \}\)/)
  })
})

describe('checkpoints', () => {
  const other = (changed: { optimizer?: Optimizer; loss?: losses.Loss; metrics?: [] }) =>
    sequential([layers.input({ shape: [2] }), layers.dense({ units: 3, activation: 'softmax' })], { seed: 1 }).compile({
      optimizer: adam(),
      loss: losses.sparseCategoricalCrossentropy(),
      metrics: ['accuracy'],
      ...changed,
    })
  const options = { epochs: 1, batchSize: 2, seed: 1 }
  async function saved(): Promise<string> {
    const path = join(folder, `${Math.random()}.ckpt`)
    await classifier().fit(x, y, { ...options, checkpoint: path })
    return path
  }
  test('damaged anywhere', async () => {
    const path = await saved()
    const bytes = await readFile(path)
    for (const at of [0, 3, 9, bytes.length - 1]) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ 0xff
      await writeFile(path, damaged)
      await expect(classifier().fit(x, y, { ...options, checkpoint: path }), `byte ${at}`).rejects.toMatchObject({
        code: 'checkpoint',
      })
    }
    for (const length of [0, 5, 100, bytes.length - 1]) {
      await writeFile(path, bytes.subarray(0, length))
      await expect(classifier().fit(x, y, { ...options, checkpoint: path }), `cut to ${length}`).rejects.toMatchObject({
        code: 'checkpoint',
      })
    }
  })
  test('of another run', async () => {
    const path = await saved()
    await expect(classifier().fit(x, y, { ...options, batchSize: 4, checkpoint: path })).rejects.toThrow(
      /batches of 4.*received.*batches of 2/,
    )
  })
  test.each<[string, Parameters<typeof other>[0], RegExp]>([
    [
      'other betas',
      { optimizer: adam({ beta1: 0.8 }) },
      /a run with optimizer's beta1: 0\.8, received one with .*0\.9\./,
    ],
    ['another optimizer', { optimizer: sgd() }, /optimizer: sgd;.*received.*optimizer: adam;/],
    [
      'another schedule',
      {
        optimizer: adam({ learningRate: exponentialDecay({ initialLearningRate: 1, decaySteps: 2, decayRate: 0.5 }) }),
      },
      /learningRate: \{"name":"exponentialDecay".*received.*learningRate: 0\.001\./,
    ],
    [
      'weights chosen otherwise',
      { optimizer: adam({ weightDecay: null, excludeFromWeightDecay: [/^dense/] }) },
      /excludeFromWeightDecay: \["\/\^dense\/"\].*received.*excludeFromWeightDecay: \[\]/,
    ],
    [
      "another loss's options",
      { loss: losses.sparseCategoricalCrossentropy({ ignoreClass: 2 }) },
      /"ignoreClass":2.*received one with losses: sparseCategoricalCrossentropy \{/,
    ],
    ['other metrics', { metrics: [] }, /a run with metrics: none, received one with metrics: accuracy\./],
  ])('of a run with %s', async (_what, changed, message) => {
    const path = join(folder, `${Math.random()}.ckpt`)
    await other({}).fit(x, y, { ...options, checkpoint: path })
    await expect(other(changed).fit(x, y, { ...options, checkpoint: path })).rejects.toThrow(message)
    await other({}).fit(x, y, { ...options, epochs: 2, checkpoint: path })
  })
  test('a place that cannot be written is found out before the first step', async () => {
    const file = join(folder, 'file.ckpt')
    await writeFile(file, '')
    const model = classifier()
    const before = model.getWeights()
    await expect(model.fit(x, y, { ...options, checkpoint: join(file, 'run.ckpt') })).rejects.toMatchObject({
      code: 'file',
    })
    expect(model.getWeights()).toEqual(before)
  })
  test('leave no temporary files', async () => {
    await saved()
    expect((await readdir(folder)).filter(name => !name.endsWith('.ckpt'))).toEqual([])
  })
})

function head(tensor: TensorData, count: number): TensorData {
  const row = tensor.data.length / (tensor.shape[0] ?? 1)
  return { ...tensor, shape: [count, ...tensor.shape.slice(1)], data: tensor.data.slice(0, count * row) }
}
