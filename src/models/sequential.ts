import { ArgumentError } from '../core/errors.ts'
import { fromNested, isTensorData, type Nested } from '../core/nested.ts'
import { formatShape, sameShape } from '../core/shape.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { Layer } from '../nn/layer.ts'
import type { InputSpec } from '../nn/layers/core/input.ts'
import { resolveLoss } from '../nn/losses.ts'
import { checkMetricName, type Metric, type MetricName, metricNames, resolveMetric } from '../nn/metrics.ts'
import { LayerStack } from '../nn/network.ts'
import type { Engine } from '../runtime/engine.ts'
import { Executable } from '../runtime/executable.ts'
import { defaultEngine } from '../tensor/default-engine.ts'
import { asTensor, DataSource, formatOf, type Samples } from '../train/data-source.ts'
import { type FitOptions, runFit, setSeed } from '../train/fit.ts'
import { resolveOptimizer } from '../train/optimizers/index.ts'
import { predictProgram } from '../train/step.ts'
import { batchTypes, Trainer } from '../train/trainer.ts'
import { exportedGraph } from './export.ts'
import { summaryOf } from './summary.ts'
import type { AnyMetricName, CompileOptions, HistoryOf, NameOf, Results } from './types.ts'

export interface SequentialOptions {
  readonly name?: string
  /** For the weights' first values; the same seed gives the same weights. Default: drawn anew. */
  readonly seed?: number
}

export interface ModelFitOptions extends FitOptions {
  /** Share of the samples kept for validation: the last ones, cut off before shuffling. */
  readonly validationSplit?: number
  readonly validationData?: readonly [Samples, Samples]
}

/** A compiled model whose metrics TypeScript knows: `compile` returns it. */
export interface Compiled<Name extends string> {
  fit(
    x: Samples,
    y: Samples,
    options?: ModelFitOptions,
  ): Promise<{ readonly history: HistoryOf<Name>; readonly aborted: boolean; readonly seed: number }>
  evaluate(x: Samples, y: Samples, options?: { readonly batchSize?: number }): Promise<Results<Name>>
  trainOnBatch(x: Samples, y: Samples): Promise<Results<Name>>
}

/**
 * Layers one after the other. Call `compile`, then `fit`, `evaluate` and `predict`.
 *
 * `compile` may be a statement, as in Keras, after which the model's `evaluate` is typed with every built-in metric; asking
 * for one that was not compiled throws. Its return value is the same model, typed with exactly its metrics.
 */
export class Sequential implements Compiled<AnyMetricName> {
  readonly network: LayerStack
  private compiled:
    | { trainer: Trainer | undefined; readonly options: CompileOptions<readonly (MetricName | Metric)[]> }
    | undefined
  private readonly predictors = new Map<string, Executable>()

  constructor(layers: readonly (InputSpec | Layer)[], options: SequentialOptions = {}) {
    const [first, ...rest] = layers
    if (!first || 'call' in first) {
      throw new ArgumentError({
        where: 'sequential',
        expected: 'layers.input({ shape }) as the first layer',
        received: first ? `a ${first.type} layer` : 'no layers',
      })
    }
    const isLayer = (layer: InputSpec | Layer): layer is Layer => 'call' in layer
    const stack = rest.filter(isLayer)
    if (stack.length !== rest.length)
      throw new ArgumentError({ where: 'sequential', expected: 'one input layer, the first', received: 'several' })
    if (stack.length === 0)
      throw new ArgumentError({ where: 'sequential', expected: 'at least one layer after the input', received: 'none' })
    this.network = new LayerStack(
      options.name ?? 'sequential',
      first.shape,
      first.dtype,
      stack,
      options.seed ?? Math.floor(Math.random() * 2 ** 31),
    )
  }

  get name(): string {
    return this.network.name
  }

  /** Number of weights. */
  get parameters(): number {
    return this.network.variables.reduce((n, variable) => n + variable.size, 0)
  }

  /** Chooses optimizer, loss and metrics. Starts the optimizer anew; weights stay. */
  compile<const M extends readonly (MetricName | Metric)[] = []>(
    options: CompileOptions<M>,
  ): Compiled<NameOf<M[number]>> & this {
    for (const metric of options.metrics ?? []) if (typeof metric === 'string') checkMetricName(metric)
    resolveLoss(options.loss)
    resolveOptimizer(options.optimizer ?? 'rmsprop')
    this.compiled?.trainer?.store()
    this.compiled = { trainer: undefined, options }
    // The same object under a type that names its metrics: what `evaluate` returns for them is what this type says.
    return this as Compiled<NameOf<M[number]>> & this
  }

  async fit(
    x: Samples,
    y: Samples,
    options: ModelFitOptions = {},
  ): Promise<{ readonly history: HistoryOf<AnyMetricName>; readonly aborted: boolean; readonly seed: number }> {
    const trainer = await this.trainerFor(y)
    const { network } = this
    const all = DataSource.create(x, y, network, trainer.recipe.loss)
    const { validationSplit, validationData } = options
    if (validationSplit !== undefined && (validationSplit <= 0 || validationSplit >= 1)) {
      throw new ArgumentError({
        where: 'fit',
        expected: "'validationSplit' between 0 and 1",
        received: String(validationSplit),
      })
    }
    const [source, validation] = validationData
      ? [all, DataSource.create(...validationData, network, trainer.recipe.loss)]
      : validationSplit === undefined
        ? [all, undefined]
        : all.split(validationSplit)
    const result = await runFit(trainer, source, validation, options)
    return { ...result, history: guarded(result.history, trainer) }
  }

  /** Loss and metrics over all samples. */
  async evaluate(
    x: Samples,
    y: Samples,
    { batchSize = 32 }: { readonly batchSize?: number } = {},
  ): Promise<Results<AnyMetricName>> {
    const trainer = await this.trainerFor(y)
    const source = DataSource.create(x, y, this.network, trainer.recipe.loss)
    return guarded(await trainer.evaluate(source, batchSize), trainer)
  }

  /** One step on one batch. Returns the loss and metrics of the batch before the step. */
  async trainOnBatch(x: Samples, y: Samples): Promise<Results<AnyMetricName>> {
    const trainer = await this.trainerFor(y)
    const source = DataSource.create(x, y, this.network, trainer.recipe.loss)
    const runner = await trainer.prepare(batchTypes(source, source.length))
    if (!this.seeded) setSeed(trainer, 0)
    this.seeded = true
    trainer.resetMetrics()
    await trainer.step(runner, source.x, source.y)
    return guarded(trainer.logs(), trainer)
  }
  private seeded = false

  /** Outputs for samples. */
  async predict(x: Samples, { batchSize = 32 }: { readonly batchSize?: number } = {}): Promise<TensorData> {
    this.sync()
    const input = asTensor(x, 'x', this.network)
    const count = input.shape[0] ?? 0
    const weights = this.network.variables.map(variable => variable.value)
    const parts: TensorData[] = []
    const row = input.data.length / Math.max(1, count)
    for (let start = 0; start < count; start += batchSize) {
      const size = Math.min(batchSize, count - start)
      const executable = await this.predictor(size, x, input)
      const data = input.data.slice(start * row, (start + size) * row)
      const [output] = await executable.run([{ ...input, shape: [size, ...input.shape.slice(1)], data }, ...weights])
      if (output) parts.push(output)
    }
    return joined(parts, this.network.outputType.shape.slice(1).map(Number))
  }

  /** All weights, in Keras's order: as the layers made them, in Keras's layouts. Copies. */
  getWeights(): TensorData<'float32'>[] {
    this.sync()
    return this.network.variables.map(({ value }) => ({ ...value, data: value.data.slice() }))
  }

  /** Sets all weights, in the order of `getWeights`. */
  setWeights(weights: readonly (TensorData | Nested)[]): void {
    this.sync()
    const { variables } = this.network
    if (weights.length !== variables.length) {
      throw new ArgumentError({
        where: 'setWeights',
        expected: `${variables.length} weights`,
        received: `${weights.length}`,
      })
    }
    const given = weights.map((weight, i) =>
      isTensorData(weight) ? weight : fromNested(weight, 'float32', variables[i]?.path ?? 'weight'),
    )
    for (const [i, variable] of variables.entries()) {
      const weight = given[i]
      if (weight?.dtype !== 'float32' || !sameShape(weight.shape, variable.shape)) {
        throw new ArgumentError({
          where: `setWeights, ${variable.path}`,
          expected: `float32${formatShape(variable.shape)}`,
          received: weight ? `${weight.dtype}${formatShape(weight.shape)}` : 'nothing',
        })
      }
    }
    // Nothing is set unless everything fits.
    for (const [i, variable] of variables.entries()) {
      const data = given[i]?.data
      if (data instanceof Float32Array) variable.value.data.set(data)
    }
    this.compiled?.trainer?.load()
  }

  /** A table of the layers, as Keras prints it. */
  summary(): string {
    return summaryOf(this.network)
  }

  /** The inference graph with its weights: inputs and outputs are float32, the batch size is open. */
  toGraph() {
    this.sync()
    return exportedGraph(this.network)
  }

  /** Writes the inference graph as an ONNX file that any ONNX Runtime runs. Atomic. */
  async exportOnnx(path: string): Promise<void> {
    const [{ encodeModel }, { writeFileAtomic }] = await Promise.all([
      import('../compile/onnx/encode.ts'),
      import('#files'),
    ])
    await writeFileAtomic(path, encodeModel(this.toGraph()))
  }

  private sync(): void {
    this.compiled?.trainer?.store()
  }

  private async engine(): Promise<Engine> {
    return this.compiled?.options.engine ?? (await defaultEngine())
  }

  private async trainerFor(y: Samples): Promise<Trainer> {
    const { compiled, network } = this
    if (!compiled)
      throw new ArgumentError({
        where: network.name,
        expected: 'a compiled model',
        received: 'one that is not',
        remedy: 'Call compile({ optimizer, loss }) first.',
      })
    if (compiled.trainer) return compiled.trainer
    const { options } = compiled
    const target = isTensorData(y) ? y : fromNested(y, 'float32', 'y')
    const recipe = {
      network,
      loss: resolveLoss(options.loss),
      optimizer: resolveOptimizer(options.optimizer ?? 'rmsprop'),
      metrics: (options.metrics ?? []).map(metric => resolveMetric(metric, target, network.outputType)),
    }
    compiled.trainer = new Trainer(recipe, await this.engine())
    return compiled.trainer
  }

  private async predictor(size: number, x: Samples, input: TensorData): Promise<Executable> {
    const format = formatOf(x, input)
    const key = `${size} ${JSON.stringify(format)}`
    const known = this.predictors.get(key)
    if (known) return known
    const made = await Executable.create(predictProgram(this.network, size, format), await this.engine())
    this.predictors.set(key, made)
    return made
  }
}

/** A model of layers in a row; the first is `layers.input({ shape })`. */
export const sequential = (layers: readonly (InputSpec | Layer)[], options?: SequentialOptions): Sequential =>
  new Sequential(layers, options)

/** Results that throw when asked for a built-in metric that was not compiled, rather than giving `undefined` for a number. */
function guarded<T extends object>(results: object, { recipe }: Trainer): T {
  const compiled = recipe.metrics.map(metric => metric.name)
  const copy: object = { ...results }
  for (const name of metricNames) {
    if (name in copy) continue
    Object.defineProperty(copy, name, {
      enumerable: false,
      get: () => {
        throw new ArgumentError({
          where: `result '${name}'`,
          expected: `one of the compiled metrics (${['loss', ...compiled].join(', ')})`,
          received: `'${name}'`,
          remedy: `Add it: compile({ metrics: ['${name}'] }).`,
        })
      },
    })
  }
  // Every name of the type is there now: as a number, or as a getter that throws.
  return copy as T
}

function joined(parts: readonly TensorData[], rest: readonly number[]): TensorData {
  const [only] = parts
  if (parts.length === 1 && only) return only
  const count = parts.reduce((n, part) => n + (part.shape[0] ?? 0), 0)
  const data = new Float32Array(count * rest.reduce((n, dim) => n * dim, 1))
  let at = 0
  for (const part of parts) {
    if (part.data instanceof Float32Array) data.set(part.data, at)
    at += part.data.length
  }
  return { dtype: 'float32', shape: [count, ...rest], data }
}
