import { describe, expect, test } from 'vitest'
import type { TrainRun } from '../../src/train/callbacks/callback.ts'
import { bar, duration, formatLogs, progressBar, progressLine } from '../../src/train/callbacks/progress-bar.ts'

test('bar fills in proportion and stays within its width', () => {
  expect(bar(0, 4)).toBe('────')
  expect(bar(0.5, 4)).toBe('━━──')
  expect(bar(1, 4)).toBe('━━━━')
  expect(bar(1.7, 4)).toBe('━━━━')
  expect(bar(-1, 4)).toBe('────')
})

test.each([
  [0.04, '0.0s'],
  [0.42, '0.4s'],
  [0.97, '1s'],
  [59.4, '59s'],
  [59.7, '1m00s'],
  [65, '1m05s'],
  [7384, '2h03m'],
])('duration of %d seconds is %s', (seconds, text) => expect(duration(seconds)).toBe(text))

test('logs are words and four decimals, or powers of ten', () => {
  expect(formatLogs({ loss: 0.11234, valAccuracy: 0.9661 })).toBe('loss 0.1123 · val accuracy 0.9661')
  expect(formatLogs({ loss: 0.00001234, top5: 0, big: 123456 })).toBe('loss 1.23e-5 · top5 0.0000 · big 1.23e+5')
  expect(formatLogs({ loss: Number.NaN })).toBe('loss NaN')
})

describe('progressLine', () => {
  const state = {
    title: 'Epoch 2/5',
    step: 1200,
    steps: 1500,
    samples: 38_400,
    seconds: 3.2,
    skipped: 0,
    logs: { loss: 0.1123, accuracy: 0.9661 },
  }
  test('shows the time that is left while it runs', () => {
    expect(progressLine(state)).toBe(
      'Epoch 2/5  1200/1500 ━━━━━━━━━━━━━━━━──── 3s · ETA 0.8s · 12,000 samples/s · loss 0.1123 · accuracy 0.9661',
    )
  })
  test('shows none when the epoch is done', () => {
    expect(progressLine({ ...state, step: 1500, samples: 48_000, seconds: 4 })).toBe(
      'Epoch 2/5  1500/1500 ━━━━━━━━━━━━━━━━━━━━ 4s · 12,000 samples/s · loss 0.1123 · accuracy 0.9661',
    )
  })
  test('estimates a resumed epoch from the steps that ran here', () => {
    expect(progressLine({ ...state, step: 1200, skipped: 900, samples: 9600, seconds: 3 })).toContain(
      '3s · ETA 3s · 3,200 samples/s',
    )
  })
})

/** The bar looks at no weights. */
const unused: TrainRun = {
  learningRate: 0,
  weights: () => new Map(),
  restore: () => undefined,
  swapAverages: () => undefined,
  save: () => Promise.resolve(),
  graph: () => {
    throw new Error('not asked for')
  },
}

/** Runs one epoch of `steps` steps of 32 samples, 40 ms each, and counts how often the metrics are read. */
function run(isTTY: boolean, steps: number, columns?: number, first = 1): { text: string; reads: number } {
  let time = 0
  let reads = 0
  let text = ''
  const bars = progressBar({ isTTY, ...(columns ? { columns } : {}), write: piece => (text += piece) }, () => time)
  void bars.onTrainBegin?.({
    epochs: 1,
    stepsPerEpoch: steps,
    samplesPerEpoch: steps * 32 - 12,
    batchSize: 32,
    run: unused,
  })
  void bars.onEpochBegin?.(0)
  for (let step = first; step <= steps; step++) {
    time += 40
    const logs = () => {
      reads++
      return { loss: 1 / step }
    }
    void bars.onBatchEnd?.({ epoch: 0, step, steps, samples: Math.min(step * 32, steps * 32 - 12), loss: 0, logs })
  }
  void bars.onEpochEnd?.({ epoch: 0, logs: { loss: 0.5, valLoss: 0.25 }, seconds: 2 })
  void bars.onTrainEnd?.({})
  return { text, reads }
}

describe('progressBar', () => {
  test('writes one line per epoch into a pipe and reads no metrics for it', () => {
    const { text, reads } = run(false, 50)
    expect(text).toBe('Epoch 1/1  50/50 ━━━━━━━━━━━━━━━━━━━━ 2s · 794 samples/s · loss 0.5000 · val loss 0.2500\n')
    expect(reads).toBe(0)
  })

  test('redraws a terminal at most ten times a second', () => {
    const { text, reads } = run(true, 50)
    // Steps of 40 ms: every third is at least 100 ms after the last drawing, and the final one always shows.
    expect(reads).toBe(18)
    expect(text.split('\r')).toHaveLength(1 + reads + 1)
    expect(text.endsWith('val loss 0.2500\u001b[K\n')).toBe(true)
    expect(text.match(/\n/g)).toHaveLength(1)
  })

  test('never exceeds the width of the terminal', () => {
    for (const line of run(true, 50, 40).text.replaceAll('\u001b[K', '').trim().split('\r'))
      expect([...line].length).toBeLessThan(40)
  })

  test('counts only the samples that ran here when an epoch is resumed', () => {
    // 10 of 50 steps ran here: 320 samples less the 12 that the last batch lacks, in 2 s.
    expect(run(false, 50, undefined, 41).text).toContain(' 154 samples/s')
  })
})
