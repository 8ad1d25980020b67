import { ArgumentError, EngineError } from '../core/errors.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { WeightHolder } from '../nn/variable.ts'
import type { Engine } from '../runtime/engine.ts'
import { areTypesOf, batchTypes } from './batch-types.ts'
import { DataSource, type SampleSet, type Weighting } from './data-source.ts'
import { Batch } from './gather.ts'
import type { Logs } from './history.ts'
import { readMetrics } from './objective.ts'
import { type OptimizerMemory, readMemory, restoreMemory } from './optimizer-memory.ts'
import { StateMemory, StepRunner } from './runner.ts'
import { type BatchTypes, evaluateProgram, type Recipe, trainProgram } from './step.ts'

/**
 * A recipe at work on an engine: the training state (weights, slots, counters) and the loaded graphs, one per batch size.
 * While it trains it holds the newest values of its weights; whoever reads a weight makes it `store` them first, so models
 * that share layers always see each other's training.
 */
export class Trainer implements WeightHolder {
  private readonly trainers: Loaded[] = []
  private readonly evaluators: Loaded[] = []
  /** The last single batch that was checked in full. */
  private batch: { readonly source: DataSource; readonly runner: StepRunner } | undefined
  private memory: StateMemory | undefined
  /** The state is ahead of the variables. */
  private ahead = false
  /** Weights and running averages have changed places. */
  private swapped = false

  constructor(
    readonly recipe: Recipe,
    readonly engine: Engine,
    /** What the optimizer remembers from a run before. */
    private readonly restored?: OptimizerMemory,
  ) {}

  get state(): StateMemory {
    if (this.memory) return this.memory
    throw new EngineError({ where: 'trainer', expected: 'a prepared state', received: 'none' })
  }

  /** Loads the training graph for batches of `size` samples of a source, unless it is loaded. */
  async prepare(source: DataSource, size: number): Promise<StepRunner> {
    const known = find(this.trainers, source, size)
    if (known) return known
    const types = batchTypes(source, size)
    const program = trainProgram(this.recipe, types)
    const runner = await StepRunner.create(program, this.engine)
    this.trainers.push({ types, runner })
    if (!this.memory) {
      this.memory = new StateMemory(program.slabs, this.engine)
      if (this.restored) restoreMemory(this.memory, this.restored)
    }
    return runner
  }

  /** Checks one batch and loads its graph. Where it has the types of the batch before, only its labels are left to check. */
  prepareBatch(x: SampleSet, y: SampleSet, weighting: Weighting): PreparedBatch | Promise<PreparedBatch> {
    const { batch } = this
    const columns = batch?.source.columnsOf(x, y, weighting)
    return batch && columns ? { columns, runner: batch.runner } : this.prepareNewBatch(x, y, weighting)
  }

  private async prepareNewBatch(x: SampleSet, y: SampleSet, weighting: Weighting): Promise<PreparedBatch> {
    const { network, objectives } = this.recipe
    const source = DataSource.create(x, y, network, objectives, weighting)
    const runner = await this.prepare(source, source.length)
    this.batch = { source, runner }
    return { columns: source.columns, runner }
  }

  /** The present rate; `undefined` where a schedule computes it. */
  get learningRate(): number | undefined {
    const rate = this.memory?.find('learningRate')?.current[0]
    return rate === undefined ? undefined : Number(rate)
  }

  set learningRate(rate: number | undefined) {
    const values = this.memory?.find('learningRate')?.current
    if (values instanceof Float32Array && rate !== undefined) {
      values[0] = rate
      return
    }
    throw new ArgumentError({
      where: 'learning rate',
      expected: 'an optimizer with a constant rate, to change it',
      received: 'one with a schedule',
      remedy: 'Give the optimizer a number, or leave the rate to the schedule.',
    })
  }

  /** A copy of what the optimizer remembers; undefined before its first step, unless it is restored. */
  get optimizerMemory(): OptimizerMemory | undefined {
    return this.memory ? readMemory(this.memory) : this.restored
  }

  /** Takes over the weights' present values, so that the state is the place where they change. */
  claim(): void {
    if (this.ahead) return
    this.memory?.load()
    for (const { weight } of this.recipe.network.variables) weight.holder = this
    this.ahead = true
  }

  /** Exchanges the weights and their running averages. */
  swapAverages(): void {
    if (!this.state.hasAverages) {
      throw new ArgumentError({
        where: 'running averages',
        expected: 'an optimizer that keeps them',
        received: this.recipe.optimizer.name,
        remedy: 'Make it with useEma: true.',
      })
    }
    this.claim()
    this.state.swapAverages()
    this.swapped = !this.swapped
  }

  /** Ends a run: where the optimizer keeps running averages of the weights, they take the weights' place. */
  finalize(): void {
    if (!this.state.hasAverages) return
    if (this.swapped) this.swapAverages()
    this.claim()
    this.state.useAverages()
  }

  /** Brings the variables up to date and lets go of them. */
  store(): void {
    if (!this.ahead) return
    for (const { weight } of this.recipe.network.variables) weight.holder = undefined
    this.ahead = false
    this.memory?.store()
  }

  step(runner: StepRunner, batch: readonly TensorData[]): Promise<number> {
    this.claim()
    return runner.run(this.state, batch)
  }

  /** Running loss and metrics since `resetMetrics`. */
  logs(state: StateMemory = this.state): Logs {
    const values = state.find('metrics')?.current
    if (!(values instanceof Float32Array)) return {}
    return readMetrics(this.recipe.objectives, this.recipe.network.outputs, values)
  }

  resetMetrics(state: StateMemory = this.state): void {
    const values = state.find('metrics')?.current
    if (values instanceof Float32Array) values.fill(0)
  }

  /** Loss and metrics of a source with the variables' present values. */
  async evaluate(source: DataSource, batchSize: number, signal?: AbortSignal): Promise<Logs> {
    this.store()
    const order = source.order(undefined)
    let state: StateMemory | undefined
    for (let start = 0; start < source.length; ) {
      signal?.throwIfAborted()
      const size = Math.min(batchSize, source.length - start)
      const runner = await this.evaluator(source, size)
      if (!state) {
        state = new StateMemory(runner.program.slabs, this.engine)
        state.load()
      }
      const batch = new Batch(source, size)
      // All batches of this size; a short last one goes round the outer loop once more.
      for (; start + size <= source.length; start += size) {
        batch.fill(order, start)
        await runner.run(state, batch.columns)
      }
    }
    // Layers may keep state of their own from batch to batch.
    if (state?.memories.some(({ slab }) => slab.output && slab.name !== 'metrics')) state.store()
    return state ? this.logs(state) : {}
  }

  private async evaluator(source: DataSource, size: number): Promise<StepRunner> {
    const known = find(this.evaluators, source, size)
    if (known) return known
    const types = batchTypes(source, size)
    const runner = await StepRunner.create(evaluateProgram(this.recipe, types), this.engine)
    this.evaluators.push({ types, runner })
    return runner
  }
}

/** A batch that is checked, and the graph for it. */
interface PreparedBatch {
  readonly columns: readonly TensorData[]
  readonly runner: StepRunner
}

/** A loaded graph and the batches it takes. */
interface Loaded {
  readonly types: BatchTypes
  readonly runner: StepRunner
}

const find = (loaded: readonly Loaded[], source: DataSource, size: number): StepRunner | undefined =>
  loaded.find(({ types }) => areTypesOf(types, source, size))?.runner
