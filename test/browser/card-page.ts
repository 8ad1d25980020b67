import { createEngine, layers, sequential } from '../../src/index.ts'
import type { Engine } from '../../src/runtime/engine.ts'

/** The script of a page that trains on WebGPU while everything that goes to the card and comes from it is counted. */

/** Bytes that JavaScript read from the card, and what it has there. */
export interface Usage {
  readonly read: number
  readonly written: number
  readonly buffers: number
  readonly bytes: number
}

const moved = { read: 0, written: 0 }
const buffers = new Set<GPUBuffer>()

/** Counts at the border of the browser's own WebGPU, below ONNX Runtime: its transfers count as well as Tenon's. */
function watch(): void {
  const [device, buffer, queue] = [GPUDevice.prototype, GPUBuffer.prototype, GPUQueue.prototype]
  const { createBuffer } = device
  device.createBuffer = function (descriptor) {
    const made = createBuffer.call(this, descriptor)
    buffers.add(made)
    if (descriptor.mappedAtCreation) moved.written += descriptor.size
    return made
  }
  const { destroy, mapAsync } = buffer
  buffer.destroy = function () {
    buffers.delete(this)
    return destroy.call(this)
  }
  buffer.mapAsync = function (mode, ...range) {
    // GPUMapMode.READ
    if (mode === 1) moved.read += this.size
    return mapAsync.call(this, mode, ...range)
  }
  const { writeBuffer } = queue
  queue.writeBuffer = function (target, offset, data, ...range) {
    moved.written += data.byteLength
    return writeBuffer.call(this, target, offset, data, ...range)
  }
}

const usage = (): Usage => ({
  ...moved,
  buffers: buffers.size,
  bytes: [...buffers].reduce((sum, { size }) => sum + size, 0),
})

const wave = (shape: readonly number[], step: number) => ({
  dtype: 'float32' as const,
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(step * i)),
})

const [samples, features] = [8, 512]
const [x, y] = [wave([samples, features], 0.7), wave([samples, 4], 1.3)]

const card = (): Promise<Engine> => createEngine('webgpu', { wasmPaths: '/ort/' })
/** The engine as it is without a memory of its own: all of the state goes there and back in each step. */
async function carrying(): Promise<Engine> {
  const { memory: _, ...engine } = await card()
  return engine
}

/** Two layers; from 1,600 units on, the first one's weights are so many that they are updated in chunks. */
function model(engine: Engine, units: number, inputs = features) {
  const made = sequential(
    [
      layers.input({ shape: [inputs] }),
      layers.dense({ units, activation: 'tanh' }),
      layers.batchNormalization(),
      layers.dense({ units: 4 }),
    ],
    { seed: 1 },
  )
  return made.compile({ optimizer: 'adam', loss: 'meanSquaredError', engine })
}

type Trained = ReturnType<typeof model>
type Samples = ReturnType<typeof wave>

async function steps(trained: Trained, count: number, [x, y]: readonly [Samples, Samples]): Promise<number[]> {
  const losses: number[] = []
  for (let i = 0; i < count; i++) losses.push((await trained.trainOnBatch(x, y)).loss)
  return losses
}

let steady: Trained | undefined

const inPage = {
  usage,
  /** Losses of the same steps with the state on the card, and without. */
  losses: async (units: number, count: number) => ({
    staying: await steps(model(await card(), units), count, [x, y]),
    carried: await steps(model(await carrying(), units), count, [x, y]),
  }),
  /** What one step moves, once it has settled. */
  step: async (units: number, stays: boolean) => {
    const trained = model(await (stays ? card() : carrying()), units)
    await steps(trained, 4, [x, y])
    const before = usage()
    await steps(trained, 1, [x, y])
    const after = usage()
    return { read: after.read - before.read, written: after.written - before.written, weights: 4 * trained.parameters }
  },
  /** So many more steps of a small model, and what is on the card then. */
  endurance: async (count: number) => {
    steady ??= model(await card(), 8, 8)
    return { losses: await steps(steady, count, [wave([4, 8], 0.7), wave([4, 4], 1.3)]), usage: usage() }
  },
  /** Models that nobody holds any more. */
  abandon: async (count: number) => {
    for (let i = 0; i < count; i++) await steps(model(await card(), 256), 2, [x, y])
  },
  /** `fit` over and over, with what it leaves on the card. */
  fits: async (count: number) => {
    const trained = model(await card(), 64)
    const left: Usage[] = []
    for (let i = 0; i < count; i++) {
      await trained.fit(x, y, { epochs: 2, batchSize: 4, seed: 1 })
      left.push(usage())
    }
    return left
  },
  /** Everything that asks for weights, on either engine. */
  work: async (stays: boolean) => {
    const trained = model(await (stays ? card() : carrying()), 16)
    const numbers = (data: ArrayLike<unknown>) => Array.from(data, Number)
    const weights = () => trained.getWeights().flatMap(({ data }) => numbers(data))
    const seen: number[][] = []
    const { history } = await trained.fit(x, y, {
      epochs: 3,
      batchSize: 4,
      seed: 2,
      validationSplit: 0.25,
      callbacks: [{ onEpochEnd: () => void seen.push(weights()) }],
    })
    const evaluation = (await trained.evaluate(x, y)).loss
    const predicted = numbers((await trained.predict(x)).data)
    await trained.trainOnBatch(x, y)
    const refusal = await Promise.resolve()
      .then(() => weights().length)
      .catch(String)
    const evaluatedAfterBatch = (await trained.evaluate(x, y)).loss
    await trained.trainOnBatch(x, y)
    await trained.syncWeights()
    const good = weights()
    const bad = { ...x, data: x.data.map((value, i) => (i === 1000 ? Number.NaN : value)) }
    const single = await trained.trainOnBatch(bad, y).catch(String)
    const unspoiled = weights()
    const fitted = await trained.fit(bad, y, { batchSize: 4, shuffle: false, seed: 1 }).catch(String)
    const afterwards = (await trained.trainOnBatch(x, y)).loss
    return {
      results: [...history.loss, ...(history['valLoss'] ?? []), evaluation, evaluatedAfterBatch, afterwards],
      predicted,
      seen,
      good,
      unspoiled,
      refusal,
      errors: [single, fitted].map(String),
    }
  },
}

export type CardPage = typeof inPage

watch()
Object.assign(globalThis, { inPage })
