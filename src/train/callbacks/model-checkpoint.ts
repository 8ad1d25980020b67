import { ArgumentError } from '../../core/errors.ts'
import type { BatchInfo, Callback, EpochInfo, TrainRun } from './callback.ts'
import { Monitor, type MonitorOptions } from './monitor.ts'

export interface ModelCheckpointOptions extends MonitorOptions {
  /** May hold results: `model-{epoch:02d}-{valLoss:.4f}.keras`. Its ending names the format. */
  readonly path: string
  /** Keep only what is better than all before. Default false. */
  readonly saveBestOnly?: boolean
  readonly saveWeightsOnly?: boolean
  /** `epoch`, or every so many batches. */
  readonly saveFreq?: 'epoch' | number
  /** What counts as best before the first epoch. */
  readonly initialValueThreshold?: number
}

/**
 * Saves the model after epochs or batches, all of them or only the best. An epoch without validation is none of the best where a
 * result of validation is watched; Keras saves it.
 */
export function modelCheckpoint(options: ModelCheckpointOptions): Callback {
  const { path, saveBestOnly = false, saveWeightsOnly = false, saveFreq = 'epoch' } = options
  if (saveFreq !== 'epoch' && !(Number.isSafeInteger(saveFreq) && saveFreq > 0)) {
    throw new ArgumentError({
      where: 'modelCheckpoint',
      expected: "'saveFreq' to be 'epoch' or a positive integer",
      received: String(saveFreq),
    })
  }
  const monitor = new Monitor('modelCheckpoint', options)
  let run: TrainRun | undefined
  let best = options.initialValueThreshold ?? monitor.worst
  let batches = 0
  const save = async ({ epoch, logs, ...rest }: Pick<EpochInfo, 'epoch' | 'logs'>, batch?: number) => {
    if (saveBestOnly) {
      const value = monitor.read({ logs, ...rest })
      if (value === undefined || !monitor.improves(value, best)) return
      best = value
    }
    const values = { ...logs, epoch: epoch + 1, ...(batch === undefined ? {} : { batch }) }
    await run?.save(fillIn(path, values), { weightsOnly: saveWeightsOnly })
  }
  return {
    onTrainBegin(info) {
      run = info.run
    },
    async onBatchEnd({ epoch, step, logs }: BatchInfo): Promise<undefined> {
      if (saveFreq === 'epoch' || ++batches % saveFreq !== 0) return
      await save({ epoch, logs: logs() }, step)
    },
    async onEpochEnd(info) {
      if (saveFreq === 'epoch') await save(info)
      return undefined
    },
  }
}

/** `{epoch:02d}`, `{valLoss:.4f}`, `{loss}` → their values. */
export function fillIn(pattern: string, values: Readonly<Record<string, number>>): string {
  return pattern.replace(/\{(\w+)(?::(0?)(\d*)(?:\.(\d+))?[df]?)?\}/g, (_, name: string, zero, width, digits) => {
    const value = values[name]
    if (value === undefined) {
      throw new ArgumentError({
        where: 'modelCheckpoint',
        expected: `names among ${Object.keys(values).join(', ')} in 'path'`,
        received: `'${name}'`,
      })
    }
    const text = digits === undefined ? String(value) : value.toFixed(Number(digits))
    return text.padStart(Number(width || 0), zero === '0' ? '0' : ' ')
  })
}
