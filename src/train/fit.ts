import type { Callback, TrainRun } from './callbacks/callback.ts'
import type { Progress } from './checkpoint.ts'
import { diagnose, putBack } from './diagnose.ts'
import { runEvaluate } from './evaluate.ts'
import type { Feed } from './feed.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type FitOptions, type FitResult, validatesAfter } from './fit-options.ts'
import { type History, type Logs, recordEpoch, validationName } from './history.ts'
import type { Trainer } from './trainer.ts'

/** Trains. The trainer's network has the new weights when this returns, and the last good ones when it throws. */
export async function runFit(
  trainer: Trainer,
  feed: Feed,
  validation: Feed | undefined,
  options: FitOptions,
  run: TrainRun,
): Promise<FitResult> {
  const { epochs = 1, callbacks = [], signal, validationFreq } = options
  await feed.prepare()
  trainer.claim()
  const { progress, save, everySteps } = await beginRun(trainer, feed, options)
  const { seed } = progress
  setSeed(trainer, seed)
  const history = structuredClone(progress.history)
  const result = (aborted = signal?.aborted ?? false): FitResult => ({ history, aborted, seed })

  const info = { epochs, stepsPerEpoch: feed.steps, samplesPerEpoch: feed.samples, batchSize: feed.batchSize, run }
  for (const callback of callbacks) await callback.onTrainBegin?.(info)
  let logs: Logs = {}
  let stop = false
  try {
    for (let epoch = progress.epoch; epoch < epochs && !stop && !signal?.aborted; epoch++) {
      for (const callback of callbacks) await callback.onEpochBegin?.(epoch)
      const done = epoch === progress.epoch ? progress.step : 0
      if (done === 0) trainer.resetMetrics()
      await feed.begin(epoch, done, seed)
      const began = performance.now()
      const part = await trainEpoch(trainer, feed, callbacks, { epoch, done, signal }, async step => {
        if (everySteps && step % everySteps === 0 && step < feed.steps) await save(epoch, step, history)
      })
      const seconds = (performance.now() - began) / 1000
      if (part.end === 'nonFinite') return result(false)
      // Between epochs the weights are here, for validation and for callbacks to look at.
      if (validation || callbacks.length > 0) await trainer.fetch()
      const whole = part.end === 'finished' || part.done >= feed.steps
      // The history of a broken epoch is not in the checkpoint: a run that goes on finishes the epoch.
      if (!whole) await save(epoch, part.done, history)
      if (!whole && part.end === 'aborted') {
        await trainer.finalize()
        return result()
      }
      stop = part.end === 'stopped'
      const validates = validation !== undefined && validatesAfter(epoch, validationFreq)
      logs = {
        ...trainer.logs(),
        ...(validates ? validationLogs(await runEvaluate(trainer, validation, callbacks, { epoch, run })) : {}),
      }
      recordEpoch(history, logs)
      if (whole) await save(epoch + 1, 0, history)
      const end = { epoch, logs, seconds, ...(validation && !validates ? { skippedValidation: true } : {}) }
      for (const callback of callbacks) if ((await callback.onEpochEnd?.(end)) === 'stop') stop = true
    }
    await trainer.finalize()
  } finally {
    await trainer.end()
    for (const callback of callbacks) await callback.onTrainEnd?.(logs)
  }
  return result()
}

/** Where a run begins: where its checkpoint says, if there is one, which is put into the state. */
async function beginRun(trainer: Trainer, feed: Feed, options: FitOptions) {
  const { callbacks = [], initialEpoch = 0, seed = Math.floor(Math.random() * 2 ** 31) } = options
  const given = options.checkpoint ?? callbacks.find(callback => callback.checkpoint)?.checkpoint
  const checkpoint = typeof given === 'string' ? { path: given } : given
  const files = checkpoint ? await import('#checkpoint') : undefined
  const { state } = trainer
  const fingerprint = fingerprintOf(trainer.recipe, feed)
  let progress: Progress = { epoch: initialEpoch, step: 0, seed, history: {}, fingerprint }
  const saved = checkpoint && (await files?.readCheckpoint(checkpoint.path))
  if (saved && checkpoint) {
    files?.checkFingerprint(checkpoint.path, saved.progress.fingerprint, fingerprint)
    await state.fetch()
    saved.restore(state)
    progress = saved.progress
  } else trainer.resetMetrics()
  const save = async (epoch: number, step: number, history: History) => {
    const now = { epoch, step, seed: progress.seed, history, fingerprint }
    if (checkpoint) await files?.saveCheckpoint(checkpoint.path, state, now)
  }
  // Written before the first step too: a place that cannot be written shows now, not after an hour.
  if (!saved) await save(initialEpoch, 0, {})
  return { progress, save, everySteps: checkpoint && 'everySteps' in checkpoint ? checkpoint.everySteps : undefined }
}

/** How an epoch's batches ended, after how many steps. */
interface EpochPart {
  readonly end: 'finished' | 'stopped' | 'aborted' | 'nonFinite'
  readonly done: number
}

/** The batches of one epoch, behind those that are done. */
async function trainEpoch(
  trainer: Trainer,
  feed: Feed,
  callbacks: readonly Callback[],
  { epoch, done, signal }: { readonly epoch: number; readonly done: number; readonly signal: AbortSignal | undefined },
  saved: (step: number) => Promise<void>,
): Promise<EpochPart> {
  // Most callbacks have no such hook, and a step may be short.
  const beginning = callbacks.filter(callback => callback.onBatchBegin)
  for (let step = done; ; step++) {
    const drawn = feed.next()
    const portion = drawn instanceof Promise ? await drawn : drawn
    if (!portion) return { end: 'finished', done: step }
    for (const callback of beginning) await callback.onBatchBegin?.({ epoch, step })
    const loss = await trainer.step(portion.runner, portion.columns)
    if (!Number.isFinite(loss)) {
      let quiet = false
      for (const callback of callbacks)
        if ((await callback.onNonFinite?.({ epoch, step, loss })) === 'stop') quiet = true
      await putBack(trainer)
      if (quiet) return { end: 'nonFinite', done: step }
      const where = `step ${step + 1} of epoch ${epoch + 1}`
      throw await diagnose(trainer, portion, { where, epoch, step })
    }
    const { samples } = portion
    const info = { epoch, step: step + 1, steps: feed.steps, samples, loss, logs: () => trainer.logs() }
    let stop = false
    for (const callback of callbacks) {
      const answer = callback.onBatchEnd?.(info)
      if ((answer instanceof Promise ? await answer : answer) === 'stop') stop = true
    }
    if (signal?.aborted) return { end: 'aborted', done: step + 1 }
    if (stop) return { end: 'stopped', done: step + 1 }
    await saved(step + 1)
  }
}

/** What callbacks may do with a run. */
export function runOf(trainer: Trainer, model: Pick<TrainRun, 'save' | 'graph'>): TrainRun {
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
