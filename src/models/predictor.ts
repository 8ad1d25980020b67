import type { DataArray } from '../core/dtype.ts'
import { ArgumentError, ShapeError } from '../core/errors.ts'
import { formatShape, sameShape } from '../core/shape.ts'
import { allocate, type TensorData } from '../core/tensor-data.ts'
import type { Network } from '../nn/network.ts'
import { fetchWeights, type Variable } from '../nn/variable.ts'
import type { Engine } from '../runtime/engine.ts'
import { Executable } from '../runtime/executable.ts'
import { isStream, OpenedStream, type Stream } from '../train/batches.ts'
import type { TrainRun } from '../train/callbacks/callback.ts'
import { asInputs, type SampleSet } from '../train/data-source.ts'
import { predictProgram } from '../train/step.ts'
import type { PredictOptions } from './calls.ts'

interface Loaded {
  readonly executable: Executable
  readonly updated: readonly Variable[]
}

/** Inputs one batch after the other, each in a list of its own; what else is in the list, targets perhaps, is left aside. */
export type PredictBatches = Stream<readonly [SampleSet, ...unknown[]]>

type Inputs = ReturnType<typeof asInputs>

/** Runs a network forward in batches. Keeps one loaded graph per batch shape and input format. */
export class Predictor {
  private readonly loaded = new Map<string, Promise<Loaded>>()

  constructor(private readonly network: Network) {}

  async predict(
    x: SampleSet | PredictBatches,
    { batchSize, steps, callbacks = [] }: PredictOptions,
    engine: Engine,
    run: TrainRun | undefined,
  ): Promise<readonly TensorData[]> {
    const { network } = this
    await fetchWeights(network.variables)
    const plan = isStream<readonly [SampleSet, ...unknown[]]>(x)
      ? streamed(x, steps, network)
      : inMemory(asInputs(x, network), batchSize, steps)
    const parts: TensorData[][] = network.outputs.map(() => [])
    for (const callback of callbacks) await callback.onPredictBegin?.({ steps: plan.steps, samples: plan.samples, run })
    let [step, samples] = [0, 0]
    for await (const inputs of plan.batches) {
      for (const callback of callbacks) await callback.onPredictBatchBegin?.(step)
      const outputs = await this.run(inputs, engine)
      for (const [i, list] of parts.entries()) {
        const output = outputs[i]
        if (output) list.push(output)
      }
      step++
      samples += inputs[0]?.tensor.shape[0] ?? 0
      let stop = false
      for (const callback of callbacks) {
        const answer = await callback.onPredictBatchEnd?.({ step, steps: plan.steps, samples, outputs })
        if (answer === 'stop') stop = true
      }
      if (stop) break
    }
    for (const callback of callbacks) await callback.onPredictEnd?.()
    return parts.map((list, i) => joined(list, network.outputs[i]?.type.dtype ?? 'float32'))
  }

  /** The outputs of one batch. */
  private async run(batch: Inputs, engine: Engine): Promise<readonly TensorData[]> {
    const { network } = this
    const program = await this.load(
      batch.map(({ tensor, format }) => ({ shape: tensor.shape, format })),
      engine,
    )
    const weights = network.variables.map(variable => variable.value)
    const results = await program.executable.run([...batch.map(({ tensor }) => tensor), ...weights])
    program.updated.forEach((variable, i) => {
      const next = results[network.outputs.length + i]
      if (next?.data instanceof Float32Array) variable.value.data.set(next.data)
    })
    return results.slice(0, network.outputs.length)
  }

  private load(inputs: Parameters<typeof predictProgram>[1], engine: Engine): Promise<Loaded> {
    const key = JSON.stringify(inputs)
    const known = this.loaded.get(key)
    if (known) return known
    const { graph, updated } = predictProgram(this.network, inputs)
    const made = Executable.create(graph, engine).then(executable => ({ executable, updated }))
    this.loaded.set(key, made)
    return made
  }
}

/** Batches of inputs, and how many there will be. */
interface Plan {
  readonly steps: number
  readonly samples: number
  readonly batches: Iterable<Inputs> | AsyncIterable<Inputs>
}

function inMemory(inputs: Inputs, batchSize: number | undefined, steps = Number.POSITIVE_INFINITY): Plan {
  const count = inputs[0]?.tensor.shape[0] ?? 0
  const size = batchSize ?? (Number.isFinite(steps) ? Math.ceil(count / steps) : 32)
  const samples = Math.min(count, size * steps)
  function* batches(): Generator<Inputs> {
    for (let start = 0; start < samples; start += size)
      yield inputs.map(input => ({ ...input, tensor: rows(input.tensor, start, Math.min(size, samples - start)) }))
  }
  return { steps: Math.ceil(samples / size), samples, batches: batches() }
}

function streamed(stream: PredictBatches, steps = Number.POSITIVE_INFINITY, network: Network): Plan {
  async function* batches(): AsyncGenerator<Inputs> {
    const opened = await OpenedStream.open(stream, 'predict')
    for (let step = 0; step < steps; step++) {
      const batch = await opened.next()
      if (!batch) return
      if (!Array.isArray(batch))
        throw new ArgumentError({ where: 'predict', expected: 'batches of [inputs]', received: `a batch of no list` })
      yield asInputs(batch[0], network)
    }
  }
  return { steps, samples: Number.POSITIVE_INFINITY, batches: batches() }
}

function rows(tensor: TensorData, start: number, size: number): TensorData {
  const row = tensor.data.length / Math.max(1, tensor.shape[0] ?? 1)
  const [from, to] = [start * row, (start + size) * row]
  // A view: the engine copies, or only reads.
  const data = Array.isArray(tensor.data) ? tensor.data.slice(from, to) : tensor.data.subarray(from, to)
  return { dtype: tensor.dtype, shape: [size, ...tensor.shape.slice(1)], data }
}

/** Batches one after the other. Batches of sequences may differ in length only if there is one of them. */
function joined(parts: readonly TensorData[], dtype: TensorData['dtype']): TensorData {
  const [first] = parts
  if (!first) return { dtype, shape: [0], data: allocate(dtype, 0) }
  if (parts.length === 1) return first
  const other = parts.find(part => !sameShape(part.shape.slice(1), first.shape.slice(1)))
  if (other) {
    throw new ShapeError({
      where: 'predict',
      expected: `outputs of one shape, ${formatShape(first.shape)} but for the samples`,
      received: formatShape(other.shape),
      remedy: 'Predict batches of different shapes one by one, with predictOnBatch.',
    })
  }
  const count = parts.reduce((n, part) => n + (part.shape[0] ?? 0), 0)
  const data = allocate(
    first.dtype,
    parts.reduce((n, part) => n + part.data.length, 0),
  )
  let at = 0
  for (const part of parts) {
    copyInto(data, part.data, at)
    at += part.data.length
  }
  return { dtype: first.dtype, shape: [count, ...first.shape.slice(1)], data }
}

/** Copies elements of one dtype to a place in an array of the same. */
function copyInto(to: DataArray, from: DataArray, at: number): void {
  if (to instanceof Float32Array && from instanceof Float32Array) to.set(from, at)
  else for (let i = 0; i < from.length; i++) to[at + i] = from[i] ?? 0
}
