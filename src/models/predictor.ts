import type { DataArray } from '../core/dtype.ts'
import { ArgumentError } from '../core/errors.ts'
import { allocate, type TensorData } from '../core/tensor-data.ts'
import type { Network } from '../nn/network.ts'
import type { Variable } from '../nn/variable.ts'
import type { Engine } from '../runtime/engine.ts'
import { Executable } from '../runtime/executable.ts'
import { asInputs, type SampleSet } from '../train/data-source.ts'
import { predictProgram } from '../train/step.ts'

interface Loaded {
  readonly executable: Executable
  readonly updated: readonly Variable[]
}

/** Runs a network forward in batches. Keeps one loaded graph per batch shape and input format. */
export class Predictor {
  private readonly loaded = new Map<string, Promise<Loaded>>()

  constructor(private readonly network: Network) {}

  async predict(x: SampleSet, batchSize: number, engine: Engine): Promise<readonly TensorData[]> {
    const { network } = this
    const inputs = asInputs(x, network)
    const count = inputs[0]?.tensor.shape[0] ?? 0
    const parts: TensorData[][] = network.outputs.map(() => [])
    for (let start = 0; start < count; start += batchSize) {
      const size = Math.min(batchSize, count - start)
      const batch = inputs.map(({ tensor }) => rows(tensor, start, size))
      const program = await this.load(
        batch.map(({ shape }, i) => ({ shape, format: inputs[i]?.format ?? noFormat(network) })),
        engine,
      )
      const weights = network.variables.map(variable => variable.value)
      const results = await program.executable.run([...batch, ...weights])
      for (const [i, list] of parts.entries()) {
        const result = results[i]
        if (result) list.push(result)
      }
      program.updated.forEach((variable, i) => {
        const next = results[network.outputs.length + i]
        if (next?.data instanceof Float32Array) variable.value.data.set(next.data)
      })
    }
    return parts.map((list, i) => joined(list, network.outputs[i]?.type.dtype ?? 'float32'))
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

function noFormat({ name }: Network): never {
  throw new ArgumentError({ where: name, expected: 'a format for each input', received: 'none' })
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
