import { ArgumentError } from '../core/errors.ts'
import { Rng } from '../core/rng.ts'
import type { Callback, TrainRun } from './callbacks/callback.ts'
import type { Progress } from './checkpoint.ts'
import type { CheckpointOptions } from './checkpoint-options.ts'
import type { DataSource } from './data-source.ts'
import { diagnose, putBack } from './diagnose.ts'
import { fingerprintOf } from './fingerprint.ts'
import { Batch } from './gather.ts'
import { type History, type Logs, recordEpoch, validationName } from './history.ts'
import type { Trainer } from './trainer.ts'

export interface FitOptions {
  /** Passes over the data. Default 1. */
  readonly epochs?: number
  /** Samples per step. Default 32. */
  readonly batchSize?: number
  /** New order in each epoch. Default true. */
  readonly shuffle?: boolean
  /** For shuffling and dropout; the same seed repeats a run bit for bit. Default: drawn anew. */
  readonly seed?: number
  readonly callbacks?: readonly Callback[]
  readonly checkpoint?: string | CheckpointOptions
  /** Aborting finishes the present step, saves the checkpoint if there is one, and returns. */
  readonly signal?: AbortSignal
}

export interface FitResult {
  readonly history: History
  /** Ended by its signal, before all epochs were done. */
  readonly aborted: boolean
  readonly seed: number
}

/** Trains. The trainer's network has the new weights when this returns, and the last good ones when it throws. */
export async function runFit(
  trainer: Trainer,
  source: DataSource,
  validation: DataSource | undefined,
  options: FitOptions,
  model: Pick<TrainRun, 'save' | 'graph'>,
): Promise<FitResult> {
  const { epochs = 1, batchSize = 32, shuffle = true, callbacks = [], signal } = options
  for (const [name, value] of Object.entries({ epochs, batchSize })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new ArgumentError({ where: 'fit', expected: `'${name}' to be a positive integer`, received: String(value) })
  }
  const given = options.checkpoint ?? callbacks.find(callback => callback.checkpoint)?.checkpoint
  const checkpoint = typeof given === 'string' ? { path: given } : given
  const files = checkpoint ? await import('#checkpoint') : undefined
  const full = Math.min(batchSize, source.length)
  const runner = await trainer.prepare(source, full)
  trainer.claim()
  const { state } = trainer

  const fingerprint = fingerprintOf(trainer.recipe, source, { batchSize, shuffle })
  let progress: Progress = {
    epoch: 0,
    step: 0,
    seed: options.seed ?? Math.floor(Math.random() * 2 ** 31),
    history: {},
    fingerprint,
  }
  const saved = checkpoint && (await files?.readCheckpoint(checkpoint.path))
  if (saved && checkpoint) {
    files?.checkFingerprint(checkpoint.path, saved.progress.fingerprint, fingerprint)
    saved.restore(state)
    progress = saved.progress
  } else trainer.resetMetrics()
  setSeed(trainer, progress.seed)
  const { seed } = progress
  const history = structuredClone(progress.history)

  const save = async (epoch: number, step: number) => {
    if (checkpoint) await files?.saveCheckpoint(checkpoint.path, state, { epoch, step, seed, history, fingerprint })
  }
  // Written before the first step too: a place that cannot be written shows now, not after an hour.
  if (!saved) await save(0, 0)
  const stepsPerEpoch = Math.ceil(source.length / full)
  const batch = new Batch(source, full)
  const rest = source.length % full === 0 ? undefined : new Batch(source, source.length % full)
  for (const callback of callbacks)
    await callback.onTrainBegin?.({
      epochs,
      stepsPerEpoch,
      samplesPerEpoch: source.length,
      batchSize: full,
      run: runOf(trainer, model),
    })

  // Most callbacks have no such hook, and a step may be short.
  const beginning = callbacks.filter(callback => callback.onBatchBegin)
  let stop = false
  try {
    for (let epoch = progress.epoch; epoch < epochs && !stop && !signal?.aborted; epoch++) {
      for (const callback of callbacks) await callback.onEpochBegin?.(epoch)
      const order = source.order(shuffle ? new Rng(seed).fork(`shuffle ${epoch}`) : undefined)
      const first = epoch === progress.epoch ? progress.step : 0
      if (first === 0) trainer.resetMetrics()
      const began = performance.now()
      for (let step = first; step < stepsPerEpoch; step++) {
        const start = step * full
        const last = rest !== undefined && step === stepsPerEpoch - 1
        const present = last ? rest : batch
        present.fill(order, start)
        for (const callback of beginning) await callback.onBatchBegin?.({ epoch, step })
        const loss = await trainer.step(last ? await trainer.prepare(source, present.size) : runner, present.columns)
        if (!Number.isFinite(loss)) {
          let quiet = false
          for (const callback of callbacks)
            if ((await callback.onNonFinite?.({ epoch, step, loss })) === 'stop') quiet = true
          putBack(trainer)
          const where = `step ${step + 1} of epoch ${epoch + 1}`
          if (!quiet) throw await diagnose(trainer, source, present, order, start, { where, epoch, step })
          return { history, aborted: false, seed }
        }
        const samples = Math.min(start + full, source.length)
        for (const callback of callbacks) {
          const answer = callback.onBatchEnd?.({
            epoch,
            step: step + 1,
            steps: stepsPerEpoch,
            samples,
            loss,
            logs: () => trainer.logs(),
          })
          if ((answer instanceof Promise ? await answer : answer) === 'stop') stop = true
        }
        const done = step + 1
        if ((signal?.aborted || stop) && done < stepsPerEpoch) {
          await save(epoch, done)
          trainer.finalize()
          return { history, aborted: signal?.aborted ?? false, seed }
        }
        if (checkpoint?.everySteps && done % checkpoint.everySteps === 0 && done < stepsPerEpoch)
          await save(epoch, done)
      }
      const seconds = (performance.now() - began) / 1000
      const logs = {
        ...trainer.logs(),
        ...(validation ? await validate(trainer, validation, batchSize, epoch, callbacks) : {}),
      }
      recordEpoch(history, logs)
      await save(epoch + 1, 0)
      for (const callback of callbacks)
        if ((await callback.onEpochEnd?.({ epoch, logs, seconds })) === 'stop') stop = true
    }
    trainer.finalize()
  } finally {
    trainer.store()
    for (const callback of callbacks) await callback.onTrainEnd?.()
  }
  return { history, aborted: signal?.aborted ?? false, seed }
}

async function validate(
  trainer: Trainer,
  validation: DataSource,
  batchSize: number,
  epoch: number,
  callbacks: readonly Callback[],
): Promise<Logs> {
  for (const callback of callbacks) await callback.onValidationBegin?.(epoch)
  const logs = validationLogs(await trainer.evaluate(validation, batchSize))
  for (const callback of callbacks) await callback.onValidationEnd?.(epoch, logs)
  return logs
}

/** What callbacks may do with a run. */
function runOf(trainer: Trainer, model: Pick<TrainRun, 'save' | 'graph'>): TrainRun {
  const { variables } = trainer.recipe.network
  return {
    ...model,
    get learningRate() {
      return trainer.learningRate
    },
    set learningRate(rate) {
      trainer.learningRate = rate
    },
    swapAverages: () => trainer.swapAverages(),
    weights: () => new Map(variables.map(({ path, value }) => [path, { ...value, data: value.data.slice() }])),
    restore(weights) {
      for (const variable of variables) {
        const saved = weights.get(variable.path)
        if (saved) variable.value = { ...saved, data: saved.data.slice() }
      }
    },
  }
}

const validationLogs = (logs: Logs): Logs =>
  Object.fromEntries(Object.entries(logs).map(([name, value]) => [validationName(name), value]))

/** The seed lives in the counter, beside the number of steps. */
export function setSeed(trainer: Trainer, seed: number): void {
  const counter = trainer.state.find('counter')?.current
  if (counter instanceof BigInt64Array) counter[1] = BigInt(seed)
}
