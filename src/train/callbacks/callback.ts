import type { TensorData } from '../../core/tensor-data.ts'
import type { CheckpointOptions } from '../checkpoint-options.ts'
import type { Logs } from '../history.ts'

/** A training run as its callbacks see it. */
export interface TrainRun {
  /** The optimizer's rate; `undefined` where a schedule computes it. Setting it then throws. */
  learningRate: number | undefined
  /** Copies of all weights, by path: `dense/kernel`. */
  weights(): ReadonlyMap<string, TensorData<'float32'>>
  /** Puts weights back that `weights` gave. */
  restore(weights: ReadonlyMap<string, TensorData<'float32'>>): void
  /** Exchanges the weights and the running averages that an optimizer with `useEma` keeps; throws for others. */
  swapAverages(): void
  /** Writes the model, in the format that the path's ending names. */
  save(path: string, options?: { readonly weightsOnly?: boolean }): Promise<void>
  /** The model as a graph, for drawing. */
  readonly graph: () => import('../../graph/graph.ts').Graph
}

export interface TrainInfo {
  readonly epochs: number
  /** Infinity where only the end of the data tells. */
  readonly stepsPerEpoch: number
  /** Infinity where only the end of the data tells. */
  readonly samplesPerEpoch: number
  /** Samples of the first batch. */
  readonly batchSize: number
  readonly run: TrainRun
}

/** Where an epoch or an evaluation stands. */
export interface StepInfo {
  /** Finished steps. */
  readonly step: number
  /** Infinity where only the end of the data tells. */
  readonly steps: number
}

export interface EvaluatedBatchInfo extends StepInfo {
  /** Finished samples. */
  readonly samples: number
  /** Loss of this batch. */
  readonly loss: number
  /** Loss and metrics of all batches so far; reads the state, so ask only when they are shown. */
  logs(): Logs
}

/** A batch of training. Steps and samples are those of the epoch. */
export interface BatchInfo extends EvaluatedBatchInfo {
  /** From 0. */
  readonly epoch: number
}

export interface EpochInfo {
  readonly epoch: number
  readonly logs: Logs
  /** Seconds for the epoch's training steps, validation not counted. */
  readonly seconds: number
  /** This epoch has no validation, though others have: see `validationFreq`. */
  readonly skippedValidation?: boolean
}

/** An evaluation: by `evaluate`, or as the validation of `fit`. */
export interface TestInfo {
  readonly steps: number
  readonly samples: number
  /** The epoch of `fit` that is validated; undefined in `evaluate`. */
  readonly epoch: number | undefined
  readonly run: TrainRun
}

export interface PredictInfo {
  readonly steps: number
  readonly samples: number
  /** Undefined for a model that is not compiled, or was neither trained nor evaluated since. */
  readonly run: TrainRun | undefined
}

export interface PredictedBatchInfo extends StepInfo {
  readonly samples: number
  /** The batch's predictions, one for each of the model's outputs. */
  readonly outputs: readonly TensorData[]
}

type Done = void | Promise<void>
type Answer = void | 'stop' | Promise<void> | Promise<'stop' | undefined>

/**
 * Hooks into `fit`, `evaluate` and `predict`. Each may be asynchronous, and is waited for. Returning `'stop'` ends training after this
 * epoch, the rest of whose batches is left out; it ends an evaluation or prediction after this batch.
 */
export interface Callback {
  /** Makes `fit` keep a checkpoint, and go on from it if there is one. */
  readonly checkpoint?: CheckpointOptions
  onTrainBegin?(info: TrainInfo): Done
  onEpochBegin?(epoch: number): Done
  onBatchBegin?(info: { readonly epoch: number; readonly step: number }): Done
  onBatchEnd?(info: BatchInfo): Answer
  onEpochEnd?(info: EpochInfo): Answer
  /** A batch's loss is NaN or infinite. `'stop'` ends the run with the last good weights; otherwise `fit` finds out why and throws. */
  onNonFinite?(info: { readonly epoch: number; readonly step: number; readonly loss: number }): Answer
  /** `logs`: those of the last epoch. */
  onTrainEnd?(logs: Logs): Done
  /** Before an evaluation, which is also the validation of an epoch. */
  onTestBegin?(info: TestInfo): Done
  /** Steps from 0. */
  onTestBatchBegin?(step: number): Done
  onTestBatchEnd?(info: EvaluatedBatchInfo): Answer
  onTestEnd?(logs: Logs): Done
  onPredictBegin?(info: PredictInfo): Done
  /** Steps from 0. */
  onPredictBatchBegin?(step: number): Done
  onPredictBatchEnd?(info: PredictedBatchInfo): Answer
  onPredictEnd?(): Done
}
