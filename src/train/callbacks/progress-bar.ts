import type { Logs } from '../history.ts'
import type { Callback, StepInfo } from './callback.ts'

/** How far an epoch, an evaluation or a prediction is. */
export interface ProgressState {
  /** `Epoch 2/5`. */
  readonly title: string
  /** Finished steps, and all of them; Infinity where only the end of the data tells. */
  readonly step: number
  readonly steps: number
  /** Samples that this process trained on in the epoch: a resumed epoch begins in its middle. */
  readonly samples: number
  /** Since the epoch began here. */
  readonly seconds: number
  /** Steps that were done before it began here. */
  readonly skipped: number
  readonly logs: Logs
}

const barWidth = 20

/** `━━━━━━━━━━━━────────` */
export function bar(share: number, width = barWidth): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width)
  return '━'.repeat(filled) + '─'.repeat(width - filled)
}

/** `0.4s`, `12s`, `1m05s`, `2h03m`. */
export function duration(seconds: number): string {
  if (seconds < 0.95) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole}s`
  const pad = (n: number) => String(n).padStart(2, '0')
  const minutes = Math.floor(whole / 60)
  return minutes < 60 ? `${minutes}m${pad(whole % 60)}s` : `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`
}

/** `loss 0.1123 · val accuracy 0.9661`: names as words, four decimals, powers of ten where those would show nothing. */
export function formatLogs(logs: Logs): string {
  return Object.entries(logs)
    .map(
      ([name, value]) =>
        `${name.replace(/([a-z0-9])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)} ${formatNumber(value)}`,
    )
    .join(' · ')
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  return value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5) ? value.toExponential(2) : value.toFixed(4)
}

const count = (n: number): string => Math.round(n).toLocaleString('en-US')

/** `Epoch 2/5  1200/1500 ━━━━━━━━━━━━━━━━──── 3s · ETA 1s · 11,240 samples/s · loss 0.1123 · accuracy 0.9661`; without ETA once the epoch is done. */
export function progressLine(state: ProgressState): string {
  const { title, step, steps, samples, seconds, skipped, logs } = state
  const parts = [duration(seconds)]
  const done = step - skipped
  const known = Number.isFinite(steps)
  if (known && step < steps && done > 0) parts.push(`ETA ${duration(((steps - step) * seconds) / done)}`)
  if (seconds > 0) parts.push(`${count(samples / seconds)} samples/s`)
  if (Object.keys(logs).length > 0) parts.push(formatLogs(logs))
  const at = known ? `${String(step).padStart(String(steps).length)}/${steps} ${bar(step / steps)}` : `${step} steps`
  return `${title}  ${at} ${parts.join(' · ')}`
}

/** Where lines go: `process.stdout`, `process.stderr`, or a test's collector. */
export interface ProgressStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/**
 * A progress bar as a callback of `fit`, `evaluate` and `predict`. On a terminal it redraws one line per epoch, at most ten times a
 * second (the running metrics are read only then); elsewhere it writes each epoch's line once, when the epoch is done. Validation in
 * `fit` is silent.
 */
export function progressBar(stream: ProgressStream, now: () => number = () => performance.now()): Callback {
  const live = stream.isTTY === true
  let [training, open] = [false, false]
  let epochs = 0
  let title = ''
  let [began, drawn] = [0, 0]
  let [step, steps, samples] = [0, 0, 0]
  /** Of both, what was done before the epoch began here. */
  let skipped: { readonly steps: number; readonly samples: number } | undefined
  let batchSize = 0

  const draw = (seconds: number, logs: Logs): void => {
    const trained = samples - (skipped?.samples ?? 0)
    const line = progressLine({ title, step, steps, samples: trained, seconds, skipped: skipped?.steps ?? 0, logs })
    // A line that wraps could not be redrawn.
    const width = stream.columns && stream.columns > 1 ? stream.columns - 1 : undefined
    stream.write(live ? `\r${[...line].slice(0, width).join('')}\u001b[K` : line)
    open = true
  }
  const close = (): void => {
    if (open) stream.write('\n')
    open = false
  }
  const begin = (name: string, count: number): void => {
    title = name
    began = now()
    drawn = Number.NEGATIVE_INFINITY
    skipped = undefined
    step = 0
    steps = count
    samples = 0
  }
  const advance = (info: StepInfo & { readonly samples: number }, logs: () => Logs): void => {
    skipped ??= { steps: info.step - 1, samples: (info.step - 1) * batchSize }
    step = info.step
    steps = info.steps
    samples = info.samples
    const time = now()
    if (!live || (time - drawn < 100 && step < steps)) return
    drawn = time
    draw((time - began) / 1000, logs())
  }
  const finish = (logs: Logs, seconds = (now() - began) / 1000): void => {
    draw(seconds, logs)
    close()
  }
  return {
    onTrainBegin(info) {
      training = true
      epochs = info.epochs
      batchSize = info.batchSize
      steps = info.stepsPerEpoch
    },
    onEpochBegin: epoch => begin(`Epoch ${epoch + 1}/${epochs}`, steps),
    onBatchEnd: info => advance(info, info.logs),
    onEpochEnd: ({ seconds, logs }) => finish(logs, seconds),
    onTrainEnd() {
      training = false
      // An epoch that was cut short leaves its bar on the screen.
      close()
    },
    onTestBegin(info) {
      if (!training) begin('Evaluation', info.steps)
    },
    onTestBatchEnd(info) {
      if (!training) advance(info, info.logs)
    },
    onTestEnd(logs) {
      if (!training) finish(logs)
    },
    onPredictBegin: info => begin('Prediction', info.steps),
    onPredictBatchEnd: info => advance(info, () => ({})),
    onPredictEnd: () => finish({}),
  }
}
