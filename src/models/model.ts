import { ArgumentError } from '../core/errors.ts'
import type { Nested } from '../core/nested.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { Graph } from '../graph/graph.ts'
import type { Value } from '../graph/value.ts'
import {
  type AnyLayer,
  type CallMasks,
  type CallOptions,
  type Layer,
  type LayerInputs,
  type LayerScope,
  type Prepare,
  Symbolic,
  type SymbolicInputs,
} from '../nn/layer.ts'
import { seedOf } from '../nn/layers/seeded.ts'
import { applyLayer } from '../nn/make-layer.ts'
import type { LayerGraph } from '../nn/network.ts'
import type { Variable, Weight } from '../nn/variable.ts'
import type { Engine } from '../runtime/engine.ts'
import { defaultEngine } from '../tensor/default-engine.ts'
import { batchTypes } from '../train/batch-types.ts'
import { DataSource, type SampleSet, type Weighting } from '../train/data-source.ts'
import { spoiledBatch } from '../train/diagnose.ts'
import { type FitOptions, runFit, setSeed } from '../train/fit.ts'
import type { OptimizerMemory } from '../train/optimizer-memory.ts'
import { resolveOptimizer } from '../train/optimizers/index.ts'
import { StateMemory } from '../train/runner.ts'
import { trainProgram } from '../train/step.ts'
import { Trainer } from '../train/trainer.ts'
import { Callable } from './callable.ts'
import { exportedGraph, type GraphOptions } from './export.ts'
import { guarded } from './guarded.ts'
import { checkObjectives } from './objectives.ts'
import { Predictor } from './predictor.ts'
import { recipeOf } from './recipe.ts'
import { checkInputs, type ModelShape } from './shapes.ts'
import { type SummaryOptions, summaryOf } from './summary.ts'
import type { AnyMetricName, CompileOptions, HistoryOf, MetricSpec, NamesOf, Results } from './types.ts'
import { setValues } from './weights.ts'

export interface ModelFitOptions extends FitOptions, Weighting {
  /** Share of the samples kept for validation: the last ones, cut off before shuffling. */
  readonly validationSplit?: number
  /** Inputs, targets and, if they are to be weighted, weights. */
  readonly validationData?: readonly [SampleSet, SampleSet] | readonly [SampleSet, SampleSet, SampleSet]
}

export interface TrainOnBatchOptions extends Weighting {
  /**
   * For the random bits of this step and the next ones; those of a step follow from it and from the number of steps so far. Default: the
   * one given before, at first 0.
   */
  readonly seed?: number
}

export interface EvaluateOptions extends Weighting {
  /** Default 32. */
  readonly batchSize?: number
}

/** What a model predicts: one tensor, or tensors in the form its outputs were given in. */
export type Prediction<Outputs> = Outputs extends Symbolic ? TensorData : { readonly [K in keyof Outputs]: TensorData }

/** A compiled model whose metrics TypeScript knows: `compile` returns it. */
export interface Compiled<Name extends string> {
  fit(
    x: SampleSet,
    y: SampleSet,
    options?: ModelFitOptions,
  ): Promise<{ readonly history: HistoryOf<Name>; readonly aborted: boolean; readonly seed: number }>
  evaluate(x: SampleSet, y: SampleSet, options?: EvaluateOptions): Promise<Results<Name>>
  trainOnBatch(x: SampleSet, y: SampleSet, options?: TrainOnBatchOptions): Promise<Results<Name>>
  testOnBatch(x: SampleSet, y: SampleSet, weighting?: Weighting): Promise<Results<Name>>
}

/** Symbolic tensors that a model was made of: one, a list, or by name. */
export type SymbolicForm = Symbolic | readonly Symbolic[] | Readonly<Record<string, Symbolic>>

// Applying a model is what its base class's constructor makes possible; TypeScript learns of it here.
export interface Model<Outputs extends SymbolicForm = SymbolicForm, Inputs extends SymbolicForm = SymbolicForm>
  extends Layer<ModelShape<Outputs, Inputs>> {}

/**
 * Layers between inputs and outputs. Call `compile`, then `fit`, `evaluate` and `predict`. A model is a layer too: apply it to
 * symbolic tensors to make it part of a larger one, which then shares its weights.
 *
 * `compile` may be a statement, as in Keras, after which the model's `evaluate` is typed with every built-in metric; asking
 * for one that was not compiled throws. Its return value is the same model, typed with exactly its metrics.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: instances are callable, by Callable's constructor; the interface says so.
export class Model<Outputs extends SymbolicForm = SymbolicForm, Inputs extends SymbolicForm = SymbolicForm>
  extends Callable
  implements Compiled<AnyMetricName>
{
  readonly network: LayerGraph
  /** The symbolic tensors that the model was made of, in the form in which they were given: one, a list, or by name. */
  readonly inputs: Inputs
  readonly outputs: Outputs
  readonly type: string
  readonly name: string
  /** Set to false to freeze all of its layers; takes effect when the model is next compiled. */
  trainable = true
  readonly ownWeights = new Map<string, Weight>()
  readonly arity: { readonly min: number; readonly max: number }
  private compiled:
    | {
        trainer: Trainer | undefined
        readonly options: CompileOptions<MetricSpec>
        /** What was not frozen when `compile` was called. */
        readonly trained: readonly Variable[]
        readonly restored?: OptimizerMemory
      }
    | undefined
  private readonly predictor: Predictor
  private seeded = false

  constructor(type: string, network: LayerGraph, inputs: Inputs, outputs: Outputs) {
    super()
    this.type = type
    this.network = network
    this.inputs = inputs
    this.outputs = outputs
    this.name = network.name
    this.arity = { min: network.inputs.length, max: network.inputs.length }
    this.predictor = new Predictor(network)
  }

  get config(): object {
    return { name: this.name }
  }

  /** What `compile` was last called with; undefined before that. */
  get compileOptions(): CompileOptions<MetricSpec> | undefined {
    return this.compiled?.options
  }

  /** Layers in the order they run, each once. */
  get layers(): readonly AnyLayer[] {
    return this.network.layers.map(({ layer }) => layer)
  }

  /** The layer of a name, as `summary` shows it, or of a place among `layers`, from 0 on or, below 0, from the end. */
  getLayer(which: string | number): AnyLayer {
    const { layers } = this.network
    const found = typeof which === 'number' ? layers.at(which) : layers.find(({ path }) => path === which)
    if (found) return found.layer
    throw new ArgumentError({
      where: this.name,
      expected: `a layer among ${layers.map(({ path }) => path).join(', ')}`,
      received: typeof which === 'number' ? `number ${which} of ${layers.length}` : `'${which}'`,
    })
  }

  /** The weights in the order of `getWeights`, with their paths, shapes and values. */
  get weights(): readonly Variable[] {
    return this.network.variables
  }

  /** Those that training changes by their gradients: not frozen, and no statistics. */
  get trainableWeights(): readonly Variable[] {
    return this.weights.filter(({ trainable }) => trainable)
  }

  get nonTrainableWeights(): readonly Variable[] {
    return this.weights.filter(({ trainable }) => !trainable)
  }

  /** Number of weights. */
  get parameters(): number {
    return this.network.variables.reduce((n, variable) => n + variable.size, 0)
  }

  /** The model as a layer: runs its layers inside of another trace. */
  call(inputs: LayerInputs, scope: LayerScope): readonly [Value, ...Value[]] {
    checkInputs(this.network, inputs)
    const [first, ...others] = this.network.runInside(
      inputs,
      (path, layer, given, { options }) => scope.run(path, layer, given, { options }),
      scope.setMask,
    )
    if (first) return [first, ...others]
    throw new ArgumentError({ where: this.name, expected: 'an output', received: 'none' })
  }

  readonly masking = (_: LayerInputs, scope: LayerScope, [first]: readonly Value[]): Value | undefined =>
    first && scope.maskOf(first)

  preparation(input: number): Prepare | undefined {
    return this.network.inputs[input]?.prepare
  }

  protected onCall(inputs: SymbolicInputs, options?: CallOptions, masks?: CallMasks): unknown {
    return applyLayer(this, inputs, options, masks)
  }

  /** Chooses optimizer, losses and metrics. Starts the optimizer anew; weights stay. */
  compile<const M extends MetricSpec = [], const W extends MetricSpec = []>(
    options: CompileOptions<M, W>,
  ): Compiled<NamesOf<M> | NamesOf<W>> & this {
    checkObjectives(options, this.network)
    resolveOptimizer(options.optimizer ?? 'rmsprop')
    this.compiled?.trainer?.store()
    const trained = this.network.variables.filter(variable => variable.trainable)
    this.compiled = { trainer: undefined, options, trained }
    // The same object under a type that names its metrics: what `evaluate` returns for them is what this type says.
    return this as Compiled<NamesOf<M> | NamesOf<W>> & this
  }

  /** What the optimizer remembers: a copy. Undefined before its first step since `compile`, unless it was restored. */
  get optimizerMemory(): OptimizerMemory | undefined {
    return this.compiled?.trainer ? this.compiled.trainer.optimizerMemory : this.compiled?.restored
  }

  /** Gives the optimizer what it remembered in a run before, so that training goes on as if it had never stopped. */
  restoreOptimizer(memory: OptimizerMemory): void {
    if (!this.compiled)
      throw new ArgumentError({
        where: `${this.name}, restoreOptimizer`,
        expected: 'a compiled model',
        received: 'one that is not',
        remedy: 'Call compile({ optimizer, loss }) first.',
      })
    this.compiled.trainer?.store()
    this.compiled = { ...this.compiled, trainer: undefined, restored: memory }
  }

  async fit(
    x: SampleSet,
    y: SampleSet,
    options: ModelFitOptions = {},
  ): Promise<{ readonly history: HistoryOf<AnyMetricName>; readonly aborted: boolean; readonly seed: number }> {
    const trainer = await this.trainerFor(y)
    const all = this.source(x, y, trainer, options)
    const { validationSplit, validationData } = options
    if (validationSplit !== undefined && (validationSplit <= 0 || validationSplit >= 1)) {
      throw new ArgumentError({
        where: 'fit',
        expected: "'validationSplit' between 0 and 1",
        received: String(validationSplit),
      })
    }
    const [source, validation] = validationData
      ? [all, this.validation(validationData, trainer)]
      : validationSplit === undefined
        ? [all, undefined]
        : all.split(validationSplit)
    const result = await runFit(trainer, source, validation, options, {
      save: (path, { weightsOnly = false } = {}) => this.saveTo(path, weightsOnly),
      graph: () => this.toGraph(),
    })
    return { ...result, history: guarded(result.history, trainer) }
  }

  /** Loss and metrics over all samples. */
  async evaluate(x: SampleSet, y: SampleSet, options: EvaluateOptions = {}): Promise<Results<AnyMetricName>> {
    const trainer = await this.trainerFor(y)
    const source = this.source(x, y, trainer, options)
    return guarded(await trainer.evaluate(source, options.batchSize ?? 32), trainer)
  }

  /** One step on one batch. Returns loss and metrics before the step; throws, with the last good weights kept, for a loss of NaN. */
  async trainOnBatch(x: SampleSet, y: SampleSet, options: TrainOnBatchOptions = {}): Promise<Results<AnyMetricName>> {
    const trainer = this.compiled?.trainer ?? (await this.trainerFor(y))
    const prepared = trainer.prepareBatch(x, y, options)
    const { columns, runner } = prepared instanceof Promise ? await prepared : prepared
    if (options.seed !== undefined || !this.seeded) setSeed(trainer, seedOf('trainOnBatch', options) ?? 0)
    this.seeded = true
    trainer.resetMetrics()
    const loss = await trainer.step(runner, columns)
    if (!Number.isFinite(loss)) throw await spoiledBatch(trainer, this.source(x, y, trainer, options))
    return guarded(trainer.logs(), trainer)
  }

  /** Loss and metrics of one batch, with the weights as they are. */
  async testOnBatch(x: SampleSet, y: SampleSet, weighting: Weighting = {}): Promise<Results<AnyMetricName>> {
    const trainer = await this.trainerFor(y)
    const source = this.source(x, y, trainer, weighting)
    return guarded(await trainer.evaluate(source, source.length), trainer)
  }

  /** Outputs for samples, in the form in which the model's outputs were given. */
  async predict(x: SampleSet, { batchSize = 32 }: { readonly batchSize?: number } = {}): Promise<Prediction<Outputs>> {
    const results = await this.predictor.predict(x, batchSize, await this.engine())
    // The outputs' form decides the result's: one, a list, or a record.
    return inFormOf(this.outputs, results) as Prediction<Outputs>
  }

  /** As `predict`, with all samples in one batch. */
  predictOnBatch(x: SampleSet): Promise<Prediction<Outputs>> {
    return this.predict(x, { batchSize: Number.POSITIVE_INFINITY })
  }

  /** All weights, in Keras's order: as the layers made them, in Keras's layouts. Copies. */
  getWeights(): TensorData<'float32'>[] {
    return this.network.variables.map(({ value }) => ({ ...value, data: value.data.slice() }))
  }

  /** Sets all weights, in the order of `getWeights`. Nothing is set unless everything fits. */
  setWeights(weights: readonly (TensorData | Nested)[]): void {
    setValues(this.network.variables, weights)
  }

  /**
   * A table of the layers, as Keras prints it.
   *
   * @throws {ArgumentError} for names in `layerRange` that no layer has, and for lines that are too short.
   */
  summary(options: SummaryOptions = {}): string {
    return summaryOf(this.network, options)
  }

  /** The inference graph with its weights: the batch size is open. */
  toGraph(options: GraphOptions = {}): Graph {
    return exportedGraph(this.network, options)
  }

  /** Writes the inference graph as an ONNX file that any ONNX Runtime runs. Atomic. `opset`: default 21, or what the operators need. */
  async exportOnnx(path: string, options: { readonly opset?: number } & GraphOptions = {}): Promise<void> {
    const { writeModel } = await import('#onnx-files')
    await writeModel(path, this.toGraph(options), options)
  }

  /**
   * Writes the step of `fit` for batches like this one as an ONNX file that any ONNX Runtime trains with: forward and backward pass,
   * optimizer and metrics. The state that it begins with is written beside it, as `NAME.state.safetensors`. The graph takes the batch
   * and each part of the state, `state/…`, and gives `loss` and the parts' next values, `next/…`. Atomic.
   */
  async exportTrainingOnnx(path: string, x: SampleSet, y: SampleSet, weighting: Weighting = {}): Promise<void> {
    const trainer = await this.trainerFor(y)
    const source = this.source(x, y, trainer, weighting)
    const program = trainProgram(trainer.recipe, batchTypes(source, source.length))
    const state = new StateMemory(program.slabs, trainer.engine)
    state.load()
    return (await import('#training-files')).writeTraining(path, program, state)
  }

  /**
   * Writes the model with its weights: `.keras` (which Keras 3 opens), `.h5` (Keras 2 and 3) or `.onnx`, by the path's end. Atomic.
   *
   * @throws {ArgumentError} for another end, and for layers with functions of your own, which no file can hold.
   */
  async save(path: string): Promise<void> {
    return (await import('#model-files')).saveModel(this, path)
  }

  /** Writes the weights alone: `.weights.h5` (which Keras 3 opens) or `.safetensors`, by the path's end. Atomic. */
  async saveWeights(path: string): Promise<void> {
    return (await import('#model-files')).saveWeights(this, path)
  }

  /**
   * Reads weights from `.weights.h5`, `.h5`, `.keras` or `.safetensors`. Layers are found by their order and class, in `.safetensors`
   * weights by their paths. Nothing is set unless everything fits.
   *
   * With `skipMismatch` layers that do not fit, or that the file does not have, keep their weights. Returns the names of those.
   */
  async loadWeights(path: string, options: { readonly skipMismatch?: boolean } = {}): Promise<readonly string[]> {
    return (await import('#model-files')).loadWeights(this, path, options)
  }

  /** What a checkpoint during training writes: files of weights hold weights, others the whole model unless told otherwise. */
  private async saveTo(path: string, weightsOnly: boolean): Promise<void> {
    return weightsOnly || /\.(?:safetensors|weights\.h5)$/i.test(path) ? this.saveWeights(path) : this.save(path)
  }

  private source(x: SampleSet, y: SampleSet, { recipe }: Trainer, weighting: Weighting): DataSource {
    return DataSource.create(x, y, this.network, recipe.objectives, weighting)
  }

  private validation(data: NonNullable<ModelFitOptions['validationData']>, trainer: Trainer): DataSource {
    const [x, y, sampleWeight] = data
    return this.source(x, y, trainer, sampleWeight === undefined ? {} : { sampleWeight })
  }

  private async engine(): Promise<Engine> {
    return this.compiled?.options.engine ?? (await defaultEngine())
  }

  private async trainerFor(y: SampleSet): Promise<Trainer> {
    const { compiled, network } = this
    if (!compiled)
      throw new ArgumentError({
        where: network.name,
        expected: 'a compiled model',
        received: 'one that is not',
        remedy: 'Call compile({ optimizer, loss }) first.',
      })
    if (compiled.trainer) return compiled.trainer
    const engine = await this.engine()
    const recipe = await recipeOf(network, compiled.options, engine, y, compiled.trained)
    compiled.trainer = new Trainer(recipe, engine, compiled.restored)
    return compiled.trainer
  }
}

function inFormOf(form: SymbolicForm, results: readonly TensorData[]): unknown {
  if (form instanceof Symbolic) return results[0]
  if (Array.isArray(form)) return results
  return Object.fromEntries(Object.keys(form).map((name, i) => [name, results[i]]))
}
