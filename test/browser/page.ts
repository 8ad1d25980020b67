import type { LabelledImages } from '../../src/index.ts'
import {
  createEngine,
  type EngineName,
  type EngineOptions,
  layers,
  sequential,
  webgpuAvailable,
} from '../../src/index.ts'
import { encodeKeras, readKeras } from '../../src/models/formats/index.ts'
import { Executable, encodeModel, Graph, Value } from '../../src/models/onnx.ts'
import { cast } from '../../src/ops/math/cast.ts'

/** What the test asks of a page. It also runs in Node, to have something to compare with. */

export interface Work {
  readonly engine: EngineName
  readonly options?: EngineOptions
  readonly batchSize: number
  readonly epochs: number
  readonly precision?: 'mixedFloat16'
}

export interface Result {
  readonly losses: readonly number[]
  readonly epochLosses: readonly number[]
  readonly evaluation: { readonly loss: number; readonly accuracy: number }
  readonly probabilities: readonly number[]
  readonly onnx: Uint8Array
  readonly keras: Uint8Array
  /** Largest difference of a probability after a `.keras` file was written and read. */
  readonly kerasDifference: number
}

/** The classic convolutional network. */
const network = () =>
  sequential(
    [
      layers.input({ shape: [28, 28, 1] }),
      layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 128, activation: 'relu' }),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
    { seed: 1 },
  )

async function compiled({ engine, options, precision }: Pick<Work, 'engine' | 'options' | 'precision'>) {
  const model = network()
  return model.compile({
    optimizer: 'adam',
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
    engine: await createEngine(engine, options),
    ...(precision ? { precision } : {}),
  })
}

const numbers = (data: ArrayLike<number | bigint | string>): number[] => Array.from(data, Number)

/** Trains, evaluates, predicts, exports, and reads back what it saved. */
export async function train({ x, y }: LabelledImages, work: Work): Promise<Result> {
  const model = await compiled(work)
  const losses: number[] = []
  const { history } = await model.fit(x, y, {
    epochs: work.epochs,
    batchSize: work.batchSize,
    seed: 1,
    callbacks: [{ onBatchEnd: ({ loss }) => void losses.push(loss) }],
  })
  const probabilities = await model.predict(x)
  // The file comes in pieces, as a Blob takes them; none is shared between threads, which is all that its type asks.
  const keras = new Uint8Array(await new Blob(encodeKeras(model) as BlobPart[]).arrayBuffer())
  const again = await readKeras(keras, { where: 'model.keras' })
  const [read] = [await again.predict(x)].flat()
  if (!read || !('data' in read)) throw new Error('a model read back has one output')
  const [before, after] = [numbers(probabilities.data), numbers(read.data as Float32Array)]
  return {
    losses,
    epochLosses: history.loss,
    evaluation: await model.evaluate(x, y),
    probabilities: before,
    onnx: encodeModel(model.toGraph()),
    keras,
    kerasDifference: Math.max(...before.map((value, i) => Math.abs(value - (after[i] ?? Number.NaN)))),
  }
}

/** Steps on one batch, over and over; gives the last loss. */
let steadyModel: ReturnType<typeof compiled> | undefined
export async function steps({ x, y }: LabelledImages, work: Work, count: number): Promise<number> {
  steadyModel ??= compiled(work)
  const model = await steadyModel
  let loss = Number.NaN
  for (let i = 0; i < count; i++) loss = (await model.trainOnBatch(x, y)).loss
  return loss
}

/** The bits of numbers in float16, as the engine gives them. */
export async function halves(values: readonly number[], work: Pick<Work, 'engine' | 'options'>): Promise<number[]> {
  const x = Value.input({ dtype: 'float32', shape: [values.length] }, 'x')
  const half = Value.input({ dtype: 'float16', shape: [values.length] }, 'half')
  const [engine, there, back] = [
    await createEngine(work.engine, work.options),
    new Graph({ inputs: [x], outputs: [cast(x, { to: 'float16' })] }),
    new Graph({ inputs: [half], outputs: [cast(half, { to: 'float32' })] }),
  ]
  const first = await Executable.create(there, engine)
  const [bits] = await first.run([{ dtype: 'float32', shape: [values.length], data: Float32Array.from(values) }])
  if (!(bits?.data instanceof Uint16Array)) throw new Error('float16 is kept as its bits')
  const second = await Executable.create(back, engine)
  const [result] = await second.run([bits])
  return numbers(result?.data ?? [])
}

export { createEngine, webgpuAvailable }
