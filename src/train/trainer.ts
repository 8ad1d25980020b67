import { ArgumentError, EngineError } from '../core/errors.ts'
import type { TensorData } from '../core/tensor-data.ts'
import { fetchWeights, type WeightHolder } from '../nn/variable.ts'
import type { Engine } from '../runtime/engine.ts'
import { areTypesOf, batchTypes } from './batch-types.ts'
import { DataSource, type SampleSet, type Weighting } from './data-source.ts'
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
    if (!this.ahead) await fetchWeights(this.recipe.network.variables)
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

  /** Where the optimizer keeps running averages of the weights, they take the weights' place. */
  async finalize(): Promise<void> {
    if (!this.state.hasAverages) return
    await this.fetch()
    if (this.swapped) this.swapAverages()
    this.claim()
    this.state.useAverages()
  }

  /** Brings values here that the engine has in its own memory: the weights, or all that the state holds. */
  async fetch(what: 'weights' | 'everything' = 'weights'): Promise<void> {
    await this.memory?.fetch(what)
  }

  /** Ends a run: everything is here, and the engine's memory is free. */
  async end(): Promise<void> {
    await this.fetch('everything')
    this.store()
    this.memory?.release()
  }

  /** Brings the variables up to date and lets go of them. */
  store(): void {
    if (!this.ahead) return
    this.memory?.demandWeights()
    for (const { weight } of this.recipe.network.variables) weight.holder = undefined
    this.ahead = false
    this.memory?.store()
  }

  async step(runner: StepRunner, batch: readonly TensorData[]): Promise<number> {
    if (!this.ahead) await fetchWeights(this.recipe.network.variables)
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

  /** Begins an evaluation with the variables' present values. */
  async beginEvaluation(): Promise<Evaluation> {
    await fetchWeights(this.recipe.network.variables)
    this.store()
    let state: StateMemory | undefined
    return {
      step: (runner, batch) => {
        if (!state) {
          state = new StateMemory(runner.program.slabs, this.engine)
          state.load()
        }
        return runner.run(state, batch)
      },
      logs: () => (state ? this.logs(state) : {}),
      async end() {
        // Layers may keep state of their own from batch to batch.
        if (state?.memories.some(({ slab }) => slab.output && slab.name !== 'metrics')) {
          await state.fetch()
          state.store()
        }
        state?.release()
      },
    }
  }

  /** Loads the evaluation graph for batches of `size` samples of a source, unless it is loaded. */
  async prepareEvaluation(source: DataSource, size: number): Promise<StepRunner> {
    const known = find(this.evaluators, source, size)
    if (known) return known
    const types = batchTypes(source, size)
    const runner = await StepRunner.create(evaluateProgram(this.recipe, types), this.engine)
    this.evaluators.push({ types, runner })
    return runner
  }
}

/** Loss and metrics on their way. */
export interface Evaluation {
  /** Returns the batch's loss. */
  step(runner: StepRunner, batch: readonly TensorData[]): Promise<number>
  /** Of all batches so far. */
  logs(): Logs
  end(): Promise<void>
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
