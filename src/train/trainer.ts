import { EngineError } from '../core/errors.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { Metric } from '../nn/metrics.ts'
import type { Engine } from '../runtime/engine.ts'
import { Batch, type DataSource } from './data-source.ts'
import type { Logs } from './history.ts'
import { StateMemory, StepRunner } from './runner.ts'
import { type BatchTypes, evaluateProgram, type Recipe, trainProgram } from './step.ts'

/**
 * A recipe at work on an engine: the training state (weights, slots, counters) and the loaded graphs, one per batch size.
 * The network's variables are brought up to date by `store`.
 */
export class Trainer {
  private readonly trainers = new Map<string, StepRunner>()
  private readonly evaluators = new Map<string, StepRunner>()
  private memory: StateMemory | undefined
  /** The state is ahead of the variables. */
  private ahead = false

  constructor(
    readonly recipe: Recipe,
    readonly engine: Engine,
  ) {}

  get state(): StateMemory {
    if (this.memory) return this.memory
    throw new EngineError({ where: 'trainer', expected: 'a prepared state', received: 'none' })
  }

  /** Loads the training graph for a batch type, unless it is loaded. */
  async prepare(types: BatchTypes): Promise<StepRunner> {
    const key = JSON.stringify(types)
    const known = this.trainers.get(key)
    if (known) return known
    const program = trainProgram(this.recipe, types)
    const runner = await StepRunner.create(program, this.engine)
    this.trainers.set(key, runner)
    if (!this.memory) {
      this.memory = new StateMemory(program.slabs, this.engine)
      this.memory.load()
    }
    return runner
  }

  /** Takes the weights from the variables, e.g. after they were set from outside. */
  load(): void {
    this.memory?.load()
    this.ahead = false
  }

  /** Brings the variables up to date. */
  store(): void {
    if (this.ahead) this.memory?.store()
    this.ahead = false
  }

  async step(runner: StepRunner, x: TensorData, y: TensorData): Promise<number> {
    this.ahead = true
    return runner.run(this.state, x, y)
  }

  /** Running loss and metrics since `resetMetrics`. */
  logs(state: StateMemory = this.state): Logs {
    const values = state.find('metrics')?.current
    if (!(values instanceof Float32Array)) return {}
    const [total = 0, count = 0] = values
    let at = 2
    const take = (shape: readonly number[]): TensorData => {
      const size = shape.reduce((n, dim) => n * dim, 1)
      at += size
      return { dtype: 'float32', shape, data: values.subarray(at - size, at) }
    }
    const results = this.recipe.metrics.map((metric: Metric): [string, number] => [
      metric.name,
      metric.result(metric.state.map(take)),
    ])
    return { loss: total / Math.max(1, count), ...Object.fromEntries(results) }
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
      const runner = await this.evaluator(batchTypes(source, size))
      if (!state) {
        state = new StateMemory(runner.program.slabs, this.engine)
        state.load()
      }
      const batch = new Batch(source, size)
      // All batches of this size; a short last one goes round the outer loop once more.
      for (; start + size <= source.length; start += size) {
        batch.fill(order, start)
        await runner.run(state, batch.x, batch.y)
      }
    }
    return state ? this.logs(state) : {}
  }

  private async evaluator(types: BatchTypes): Promise<StepRunner> {
    const key = JSON.stringify(types)
    const known = this.evaluators.get(key)
    if (known) return known
    const runner = await StepRunner.create(evaluateProgram(this.recipe, types), this.engine)
    this.evaluators.set(key, runner)
    return runner
  }
}

export const batchTypes = (source: DataSource, size: number): BatchTypes => ({
  size,
  input: source.format,
  target: { dtype: source.y.dtype, shape: source.y.shape.slice(1) },
})
