import type { Logs } from '../history.ts'

export interface TrainInfo {
  readonly epochs: number
  readonly stepsPerEpoch: number
  readonly samplesPerEpoch: number
  readonly batchSize: number
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

/** Hooks into `fit`. Each may be asynchronous; `fit` waits for it. Returning `'stop'` ends training after this batch or epoch. */
export interface Callback {
  onTrainBegin?(info: TrainInfo): void | Promise<void>
  onEpochBegin?(epoch: number): void | Promise<void>
  onBatchEnd?(info: BatchInfo): void | 'stop' | Promise<void> | Promise<'stop' | undefined>
  onEpochEnd?(info: EpochInfo): void | 'stop' | Promise<void> | Promise<'stop' | undefined>
  onTrainEnd?(): void | Promise<void>
}
