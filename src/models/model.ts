import { ArgumentError } from '../core/errors.ts'
import type { Nested } from '../core/nested.ts'
import type { TensorData } from '../core/tensor-data.ts'
import type { Graph } from '../graph/graph.ts'
import type { Value } from '../graph/value.ts'
import type {
  AnyLayer,
  CallMasks,
  CallOptions,
  Layer,
  LayerInputs,
  LayerScope,
  Prepare,
  SymbolicInputs,
} from '../nn/layer.ts'
import { seedOf } from '../nn/layers/seeded.ts'
import { applyLayer } from '../nn/make-layer.ts'
import type { LayerGraph } from '../nn/network.ts'
import { fetchWeights, type Variable, type Weight } from '../nn/variable.ts'
import type { Engine } from '../runtime/engine.ts'
import { defaultEngine } from '../tensor/default-engine.ts'
import { batchTypes } from '../train/batch-types.ts'
import type { Batches } from '../train/batches.ts'
import type { TrainRun } from '../train/callbacks/callback.ts'
import type { SampleSet, Weighting } from '../train/data-source.ts'
import { spoiledBatch } from '../train/diagnose.ts'
import { runOf, setSeed } from '../train/fit.ts'
import type { OptimizerMemory } from '../train/optimizer-memory.ts'
import { resolveOptimizer } from '../train/optimizers/index.ts'
import { StateMemory } from '../train/runner.ts'
import { trainProgram } from '../train/step.ts'
import { Trainer } from '../train/trainer.ts'
import { Callable } from './callable.ts'
import {
  type Call,
  type Compiled,
  checkSteps,
  type EvaluateOptions,
  evaluateCall,
  evaluateWith,
  type Fitted,
  fitCall,
  fitWith,
  type ModelFitOptions,
  type PredictOptions,
  type StreamEvaluateOptions,
  type StreamFitOptions,
  sourceOf,
  type TrainOnBatchOptions,
} from './calls.ts'
import { exportedGraph, type GraphOptions } from './export.ts'
import { inFormOf, type Prediction, type SymbolicForm } from './forms.ts'
import { guarded } from './guarded.ts'
import { checkObjectives } from './objectives.ts'
import { type PredictBatches, Predictor } from './predictor.ts'
import { recipeOf } from './recipe.ts'
import { checkInputs, type ModelShape } from './shapes.ts'
import { type SummaryOptions, summaryOf } from './summary.ts'
import type { AnyMetricName, CompileOptions, MetricSpec, NamesOf, Results, WeightedNamesOf } from './types.ts'
import { setValues } from './weights.ts'

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
  ): Compiled<NamesOf<M> | NamesOf<W> | WeightedNamesOf<M, W>> & this {
    checkObjectives(options, this.network)
    resolveOptimizer(options.optimizer ?? 'rmsprop')
    const trained = this.network.variables.filter(variable => variable.trainable)
    this.compiled = { trainer: undefined, options, trained }
    // The same object under a type that names its metrics: what `evaluate` returns for them is what this type says.
    return this as Compiled<NamesOf<M> | NamesOf<W> | WeightedNamesOf<M, W>> & this
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
    this.compiled = { ...this.compiled, trainer: undefined, restored: memory }
  }

  /** Trains on samples, or on batches that are made one after the other, until all epochs are done or a callback stops it. */
  fit(x: SampleSet, y: SampleSet, options?: ModelFitOptions): Promise<Fitted<AnyMetricName>>
  fit(batches: Batches, options?: StreamFitOptions): Promise<Fitted<AnyMetricName>>
  async fit(
    x: SampleSet | Batches,
    second?: SampleSet | StreamFitOptions,
    third?: ModelFitOptions,
  ): Promise<Fitted<AnyMetricName>> {
    const call = await fitCall(x, second, third)
    const trainer = await this.trainerFor(call.targets)
    const result = await fitWith(trainer, call, this.run(trainer))
    return { ...result, history: guarded(result.history, trainer) }
  }

  /** Loss and metrics over all samples, or over the batches that are made one after the other. */
  evaluate(x: SampleSet, y: SampleSet, options?: EvaluateOptions): Promise<Results<AnyMetricName>>
  evaluate(batches: Batches, options?: StreamEvaluateOptions): Promise<Results<AnyMetricName>>
  async evaluate(
    x: SampleSet | Batches,
    second?: SampleSet | StreamEvaluateOptions,
    third?: EvaluateOptions,
  ): Promise<Results<AnyMetricName>> {
    const call = await evaluateCall(x, second, third)
    return this.evaluated(await this.trainerFor(call.targets), call)
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
    if (!Number.isFinite(loss)) throw await spoiledBatch(trainer, sourceOf(trainer, x, y, options))
    return guarded(trainer.logs(), trainer)
  }

  /** Loss and metrics of one batch, with the weights as they are. */
  async testOnBatch(x: SampleSet, y: SampleSet, weighting: Weighting = {}): Promise<Results<AnyMetricName>> {
    const trainer = await this.trainerFor(y)
    return this.evaluated(trainer, {
      data: [x, y],
      targets: y,
      options: { ...weighting, batchSize: Number.POSITIVE_INFINITY },
    })
  }

  /** Outputs for samples, or for batches of [inputs] made one after the other, in the form in which the model's outputs were given. */
  async predict(x: SampleSet | PredictBatches, options: PredictOptions = {}): Promise<Prediction<Outputs>> {
    checkSteps('predict', options)
    return this.predicted(x, options)
  }

  /** As `predict`, with all samples in one batch. */
  predictOnBatch(x: SampleSet): Promise<Prediction<Outputs>> {
    return this.predicted(x, { batchSize: Number.POSITIVE_INFINITY })
  }

  /**
   * Waits until what reads weights at once (`getWeights`, `toGraph`, `optimizerMemory` …) can do so after `trainOnBatch`: WebGPU
   * keeps them on the card. `fit`, and what returns a promise, does so itself. On other engines there is nothing to wait for.
   */
  async syncWeights(): Promise<void> {
    await fetchWeights(this.network.variables)
    await this.compiled?.trainer?.fetch('everything')
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
    await fetchWeights(this.network.variables)
    await writeModel(path, this.toGraph(options), options)
  }

  /**
   * Writes the step of `fit` for batches like this one as an ONNX file that any ONNX Runtime trains with: forward and backward pass,
   * optimizer and metrics. The state that it begins with is written beside it, as `NAME.state.safetensors`. The graph takes the batch
   * and each part of the state, `state/…`, and gives `loss` and the parts' next values, `next/…`. Atomic.
   */
  async exportTrainingOnnx(path: string, x: SampleSet, y: SampleSet, weighting: Weighting = {}): Promise<void> {
    const trainer = await this.trainerFor(y)
    const source = sourceOf(trainer, x, y, weighting)
    const program = trainProgram(trainer.recipe, batchTypes(source, source.length))
    await fetchWeights(this.network.variables)
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
    await this.syncWeights()
    return (await import('#model-files')).saveModel(this, path)
  }

  /** Writes the weights alone: `.weights.h5` (which Keras 3 opens) or `.safetensors`, by the path's end. Atomic. */
  async saveWeights(path: string): Promise<void> {
    await fetchWeights(this.network.variables)
    return (await import('#model-files')).saveWeights(this, path)
  }

  /**
   * Reads weights from `.weights.h5`, `.h5`, `.keras` or `.safetensors`. Layers are found by their order and class, in `.safetensors`
   * weights by their paths. Nothing is set unless everything fits.
   *
   * With `skipMismatch` layers that do not fit, or that the file does not have, keep their weights. Returns the names of those.
   */
  async loadWeights(path: string, options: { readonly skipMismatch?: boolean } = {}): Promise<readonly string[]> {
    await fetchWeights(this.network.variables)
    return (await import('#model-files')).loadWeights(this, path, options)
  }

  /** What a checkpoint during training writes: files of weights hold weights, others the whole model unless told otherwise. */
  private async saveTo(path: string, weightsOnly: boolean): Promise<void> {
    return weightsOnly || /\.(?:safetensors|weights\.h5)$/i.test(path) ? this.saveWeights(path) : this.save(path)
  }

  /** What callbacks may do with this model. */
  private run(trainer: Trainer): TrainRun {
    return runOf(trainer, {
      save: (path, { weightsOnly = false } = {}) => this.saveTo(path, weightsOnly),
      graph: () => this.toGraph(),
    })
  }

  private async evaluated(trainer: Trainer, call: Call<EvaluateOptions>): Promise<Results<AnyMetricName>> {
    return guarded(await evaluateWith(trainer, call, this.run(trainer)), trainer)
  }

  private async predicted(x: SampleSet | PredictBatches, options: PredictOptions): Promise<Prediction<Outputs>> {
    const trainer = this.compiled?.trainer
    const results = await this.predictor.predict(x, options, await this.engine(), trainer && this.run(trainer))
    return inFormOf(this.outputs, results)
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
