import type { TensorData } from '../../core/tensor-data.ts'
import type { Callback, TrainRun } from './callback.ts'
import { Monitor, type MonitorOptions } from './monitor.ts'

export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without improvement before training stops. Default 0. */
  readonly patience?: number
  /** The watched result must be better than this to count as an improvement at all. */
  readonly baseline?: number
  /** End with the weights of the best epoch. Default false. */
  readonly restoreBestWeights?: boolean
  /** Epochs to let pass before watching. Default 0. */
  readonly startFromEpoch?: number
}

/** Stops when a result no longer improves. Epochs without validation do not count where the result is one of validation. */
export function earlyStopping(
  options: EarlyStoppingOptions = {},
): Callback & { readonly stoppedEpoch: number | undefined } {
  const { patience = 0, baseline, restoreBestWeights = false, startFromEpoch = 0 } = options
  const monitor = new Monitor('earlyStopping', options)
  let run: TrainRun | undefined
  let best = monitor.worst
  let bestWeights: ReadonlyMap<string, TensorData<'float32'>> | undefined
  let wait = 0
  let stoppedEpoch: number | undefined
  return {
    get stoppedEpoch() {
      return stoppedEpoch
    },
    onTrainBegin(info) {
      run = info.run
      best = monitor.worst
      bestWeights = undefined
      wait = 0
      stoppedEpoch = undefined
    },
    onEpochEnd(info) {
      const { epoch } = info
      const value = monitor.read(info)
      if (value === undefined || epoch < startFromEpoch) return undefined
      // Should nothing ever improve, the first epoch's weights are the ones to go back to.
      if (restoreBestWeights) bestWeights ??= run?.weights()
      wait++
      if (monitor.improves(value, best)) {
        best = value
        if (restoreBestWeights) bestWeights = run?.weights()
        if (baseline === undefined || monitor.improves(value, baseline)) wait = 0
        return undefined
      }
      if (wait < patience || epoch === 0) return undefined
      stoppedEpoch = epoch
      return 'stop'
    },
    onTrainEnd() {
      if (restoreBestWeights && bestWeights) run?.restore(bestWeights)
    },
  }
}
