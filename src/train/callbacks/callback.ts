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
  readonly stepsPerEpoch: number
  readonly samplesPerEpoch: number
  readonly batchSize: number
  readonly run: TrainRun
}

export interface BatchInfo {
  /** From 0. */
  readonly epoch: number
  /** Finished steps in this epoch. */
  readonly step: number
  readonly steps: number
  /** Finished samples in this epoch. */
  readonly samples: number
  /** Loss of this batch. */
  readonly loss: number
  /** Running loss and metrics of the epoch; reads the state, so ask only when they are shown. */
  logs(): Logs
}

export interface EpochInfo {
  readonly epoch: number
  readonly logs: Logs
  /** Seconds for the epoch's training steps, validation not counted. */
  readonly seconds: number
}

type Answer = void | 'stop' | Promise<void> | Promise<'stop' | undefined>

/** Hooks into `fit`. Each may be asynchronous; `fit` waits for it. Returning `'stop'` ends training after this batch or epoch. */
export interface Callback {
  /** Makes `fit` keep a checkpoint, and go on from it if there is one. */
  readonly checkpoint?: CheckpointOptions
  onTrainBegin?(info: TrainInfo): void | Promise<void>
  onEpochBegin?(epoch: number): void | Promise<void>
  onBatchBegin?(info: { readonly epoch: number; readonly step: number }): void | Promise<void>
  onBatchEnd?(info: BatchInfo): Answer
  onValidationBegin?(epoch: number): void | Promise<void>
  onValidationEnd?(epoch: number, logs: Logs): void | Promise<void>
  onEpochEnd?(info: EpochInfo): Answer
  /** A batch's loss is NaN or infinite. `'stop'` ends the run with the last good weights; otherwise `fit` finds out why and throws. */
  onNonFinite?(info: { readonly epoch: number; readonly step: number; readonly loss: number }): Answer
  onTrainEnd?(): void | Promise<void>
}
