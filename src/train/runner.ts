import type { TensorData } from '../core/tensor-data.ts'
import type { Variable } from '../nn/variable.ts'
import { type Engine, type Fed, isResident } from '../runtime/engine.ts'
import { Executable } from '../runtime/executable.ts'
import { ResidentSlab } from './resident-slab.ts'
import { type Slab, SlabMemory } from './state.ts'
import type { StepProgram } from './step.ts'
import { nextName, withWholeSlabs } from './whole-slabs.ts'

/** The memory that a training or evaluation run works in. Programs of different batch sizes share it: their slabs are the same. */
export class StateMemory {
  readonly memories: readonly (SlabMemory | ResidentSlab)[]
  private readonly byName: ReadonlyMap<string, SlabMemory | ResidentSlab>

  constructor(slabs: readonly Slab[], engine: Engine) {
    // Weights rotate through three buffers: read, written, and the last ones known to be good. An engine that
    // returns fresh arrays does its own allocation, so that holding on to two old ones is all that rotates.
    const { memory } = engine
    this.memories = slabs.map(slab =>
      memory && slab.resident
        ? new ResidentSlab(slab, slab.output && isWeights(slab) ? 3 : 1, memory)
        : new SlabMemory(slab, copies(slab, engine)),
    )
    this.byName = new Map(this.memories.map(memory => [memory.slab.name, memory]))
  }

  find(name: string): SlabMemory | ResidentSlab | undefined {
    return this.byName.get(name)
  }

  /** Brings slabs here that the engine has in its own memory: all of them, or the weights and their averages. */
  async fetch(what: 'everything' | 'weights' = 'everything'): Promise<void> {
    for (const memory of this.memories) {
      if (!(memory instanceof ResidentSlab)) continue
      if (what === 'everything' || isWeights(memory.slab) || isAverage(memory.slab)) await memory.fetch()
    }
  }

  /** @throws {EngineError} where the engine has the weights in its own memory. */
  demandWeights(): void {
    this.eachWeight(() => undefined)
  }

  /** Gives the engine's memory back, with what was not fetched. */
  release(): void {
    for (const memory of this.memories) if (memory instanceof ResidentSlab) memory.release()
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
    return this.memories.some(({ slab }) => isAverage(slab))
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
    for (const memory of this.memories) {
      if (!isAverage(memory.slab)) continue
      const weights = this.find(memory.slab.name.replace('average:', 'weights:'))?.current
      const { current } = memory
      if (current instanceof Float32Array && weights instanceof Float32Array) visit(weights, current)
    }
  }

  private eachWeight(visit: (variable: Variable, part: Float32Array) => void): void {
    for (const memory of this.memories) {
      if (!isWeights(memory.slab)) continue
      const { current, slab } = memory
      if (!(current instanceof Float32Array)) continue
      for (const { variable, offset } of slab.views)
        if (variable) visit(variable, current.subarray(offset, offset + variable.size))
    }
  }
}

const isWeights = ({ name }: Slab): boolean => name.startsWith('weights:')
const isAverage = ({ name }: Slab): boolean => name.startsWith('average:')

function copies(slab: Slab, engine: Engine): number {
  if (!slab.output) return 1
  if (isWeights(slab)) return 3
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
    const optimize = 'extended'
    if (!engine.memory) return new StepRunner(program, await Executable.create(program.graph, engine, { optimize }))
    const graph = withWholeSlabs(program, ({ resident }) => resident === true)
    const stays = program.slabs.filter(({ resident, output }) => resident && output)
    const options = { optimize, resident: new Set(stays.map(nextName)) } as const
    return new StepRunner(program, await Executable.create(graph, engine, options))
  }

  /** Runs one step on the state and a batch's columns; returns the batch's loss. */
  async run(state: StateMemory, batch: readonly TensorData[]): Promise<number> {
    if (this.executable.engine.memory) return this.runResident(state, batch)
    const feeds: TensorData[] = [...batch]
    const targets: (TensorData | undefined)[] = [this.loss]
    for (const memory of state.memories) {
      if (memory instanceof ResidentSlab) continue
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

  /** The same where slabs stay in the engine's memory: only the others, small ones, come and go. */
  private async runResident(state: StateMemory, batch: readonly TensorData[]): Promise<number> {
    const feeds: Fed[] = [...batch]
    for (const memory of state.memories) {
      if (memory instanceof ResidentSlab) feeds.push(await memory.send())
      else feeds.push(...memory.inputs)
    }
    const [loss, ...results] = await this.executable.runResident(feeds, batch.length)
    let i = 0
    for (const memory of state.memories) {
      if (!memory.slab.output) continue
      const result = results[i++]
      if (result && memory instanceof ResidentSlab) memory.advance(result)
      else if (result && !isResident(result) && memory instanceof SlabMemory) memory.advance(result)
    }
    return loss && !isResident(loss) ? Number(loss.data[0]) : Number.NaN
  }

  release(): Promise<void> {
    return this.executable.release()
  }
}
