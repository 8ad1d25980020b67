import { ArgumentError } from '../../core/errors.ts'
import type { Callback, TrainRun } from './callback.ts'
import { Monitor, type MonitorOptions } from './monitor.ts'

function rateOf(run: TrainRun | undefined, where: string): number {
  if (run?.learningRate !== undefined) return run.learningRate
  throw new ArgumentError({
    where,
    expected: 'an optimizer with a constant learning rate',
    received: 'one with a schedule',
    remedy: 'Give the optimizer a number.',
  })
}

/** Sets the learning rate at the start of each epoch: `schedule(epoch, rate)`, epochs from 0. */
export function learningRateScheduler(schedule: (epoch: number, rate: number) => number): Callback {
  let run: TrainRun | undefined
  return {
    onTrainBegin: info => {
      run = info.run
    },
    onEpochBegin(epoch) {
      const rate = schedule(epoch, rateOf(run, 'learningRateScheduler'))
      if (!(rate >= 0 && Number.isFinite(rate))) {
        throw new ArgumentError({
          where: `learningRateScheduler, epoch ${epoch}`,
          expected: 'a learning rate of 0 or more',
          received: String(rate),
        })
      }
      if (run) run.learningRate = rate
    },
  }
}

export interface ReduceLrOnPlateauOptions extends MonitorOptions {
  /** The rate is multiplied by this. Default 0.1. */
  readonly factor?: number
  /** Epochs without improvement before the rate falls. Default 10. */
  readonly patience?: number
  /** Epochs to wait after it fell. Default 0. */
  readonly cooldown?: number
  /** The rate falls no lower. Default 0. */
  readonly minLr?: number
}

/** Lowers the learning rate when a result no longer improves. `minDelta` is 1e-4 by default. */
export function reduceLrOnPlateau(options: ReduceLrOnPlateauOptions = {}): Callback {
  const { factor = 0.1, patience = 10, cooldown = 0, minLr = 0 } = options
  if (!(factor > 0 && factor < 1)) {
    throw new ArgumentError({
      where: 'reduceLrOnPlateau',
      expected: "'factor' between 0 and 1",
      received: String(factor),
    })
  }
  const monitor = new Monitor('reduceLrOnPlateau', { minDelta: 1e-4, ...options })
  let run: TrainRun | undefined
  let best = monitor.worst
  let wait = 0
  let cooling = 0
  return {
    onTrainBegin(info) {
      run = info.run
      best = monitor.worst
      wait = 0
      cooling = 0
    },
    onEpochEnd(info) {
      const value = monitor.read(info)
      if (value === undefined) return
      if (cooling > 0) {
        cooling--
        wait = 0
      }
      if (monitor.improves(value, best)) {
        best = value
        wait = 0
      } else if (cooling === 0 && ++wait >= patience) {
        const rate = rateOf(run, 'reduceLrOnPlateau')
        if (run && rate > Math.fround(minLr)) {
          run.learningRate = Math.max(rate * factor, minLr)
          cooling = cooldown
          wait = 0
        }
      }
    },
  }
}
