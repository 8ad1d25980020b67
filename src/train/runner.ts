import type { TensorData } from '../core/tensor-data.ts'
import type { Variable } from '../nn/variable.ts'
import type { Engine } from '../runtime/engine.ts'
import { Executable } from '../runtime/executable.ts'
import { type Slab, SlabMemory } from './state.ts'
import type { StepProgram } from './step.ts'

/** The memory that a training or evaluation run works in. Programs of different batch sizes share it: their slabs are the same. */
export class StateMemory {
  readonly memories: readonly SlabMemory[]
  private readonly byName: ReadonlyMap<string, SlabMemory>

  constructor(slabs: readonly Slab[], engine: Engine) {
    // Weights rotate through three buffers: read, written, and the last ones known to be good. An engine that
    // returns fresh arrays does its own allocation, so that holding on to two old ones is all that rotates.
    this.memories = slabs.map(slab => new SlabMemory(slab, copies(slab, engine)))
    this.byName = new Map(this.memories.map(memory => [memory.slab.name, memory]))
  }

  find(name: string): SlabMemory | undefined {
    return this.byName.get(name)
  }

  /** Copies the weights in. */
  load(): void {
    this.eachWeight((variable, part) => part.set(variable.value.data))
  }

  /** Copies the weights out to their variables. */
  store(): void {
    this.eachWeight((variable, part) => variable.value.data.set(part))
  }

  /** The optimizer keeps running averages of the weights (`useEma`). */
  get hasAverages(): boolean {
    return this.memories.some(({ slab }) => slab.name.startsWith('average:'))
  }

  /** Puts the running averages in the place of the weights. */
  useAverages(): void {
    this.eachAverage((weights, averages) => weights.set(averages))
  }

  /** Exchanges the weights and their running averages. */
  swapAverages(): void {
    this.eachAverage((weights, averages) => {
      const held = weights.slice()
      weights.set(averages)
      averages.set(held)
    })
  }

  private eachAverage(visit: (weights: Float32Array, averages: Float32Array) => void): void {
    for (const { slab, current } of this.memories) {
      const weights = this.find(slab.name.replace('average:', 'weights:'))?.current
      if (slab.name.startsWith('average:') && current instanceof Float32Array && weights instanceof Float32Array)
        visit(weights, current)
    }
  }

  private eachWeight(visit: (variable: Variable, part: Float32Array) => void): void {
    for (const memory of this.memories) {
      const { current, slab } = memory
      if (!(current instanceof Float32Array)) continue
      for (const { variable, offset } of slab.views)
        if (variable) visit(variable, current.subarray(offset, offset + variable.size))
    }
  }
}

function copies(slab: Slab, engine: Engine): number {
  if (!slab.output) return 1
  if (slab.name.startsWith('weights:')) return 3
  return slab.inPlace && engine.writesInPlace ? 1 : 2
}

/** A loaded step program. */
export class StepRunner {
  private readonly loss: TensorData<'float32'> = { dtype: 'float32', shape: [], data: new Float32Array(1) }

  private constructor(
    readonly program: StepProgram,
    private readonly executable: Executable,
  ) {}

  static async create(program: StepProgram, engine: Engine): Promise<StepRunner> {
    return new StepRunner(program, await Executable.create(program.graph, engine, { optimize: 'extended' }))
  }

  /** Runs one step on the state and a batch's columns; returns the batch's loss. */
  async run(state: StateMemory, batch: readonly TensorData[]): Promise<number> {
    const feeds: TensorData[] = [...batch]
    const targets: (TensorData | undefined)[] = [this.loss]
    for (const memory of state.memories) {
      for (const input of memory.inputs) feeds.push(input)
      if (memory.slab.output) targets.push(memory.target)
    }
    // The state was laid out by this graph's own types: only the batch comes from outside.
    const results = await this.executable.run(feeds, targets, batch.length)
    let i = 1
    for (const memory of state.memories) {
      if (!memory.slab.output) continue
      const result = results[i++]
      if (result) memory.advance(result)
    }
    return Number(results[0]?.data[0])
  }

  release(): Promise<void> {
    return this.executable.release()
  }
}
