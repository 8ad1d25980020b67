import { describe, expect, test } from 'vitest'
import { measureFit } from '../../bench/fit-share.ts'
import { stepFlops } from '../../bench/flops.ts'
import { kernelEvents, profileTable } from '../../bench/profile-table.ts'
import { type BenchResult, rate, toJson, toTable, workResult } from '../../bench/report.ts'
import { summarize } from '../../bench/statistics.ts'
import type { Measured } from '../../bench/turns.ts'
import { makeWork } from '../../bench/works/index.ts'
import { createEngine } from '../../src/runtime/index.ts'

const program = (name: string, ms: number, parameters = 7, flops?: number): Measured => ({
  name,
  version: `${name} 1`,
  parameters,
  ms: summarize([ms]),
  turns: [ms],
  firstStepMs: 500,
  stats: {
    peakRssMb: 100,
    ...(flops === undefined ? {} : { flops, fit: { msPerStep: 2.1, scriptShare: 0.03 } }),
  },
  ...(flops === undefined ? {} : { scriptShare: 0.02 }),
})
const work = (peerParameters: number) =>
  workResult({
    work: 'mlp',
    batch: 10,
    itemsPerStep: 10,
    item: 'samples',
    programs: [
      program('Tenon', 2, 7, 4e6),
      program('Other', 5, peerParameters),
      { name: 'Third', absent: 'not installed' },
    ],
  })
const result = (peerParameters = 7): BenchResult => ({
  machine: { date: '', cpu: 'CPU', cores: 2, memoryGb: 1, system: 'Linux', node: 'v20', load: 0 },
  threads: 2,
  sgemmPeak: 8,
  works: [work(peerParameters)],
})

describe('summary', () => {
  test('median, quartiles and extremes, whatever the order', () => {
    expect(summarize([4, 1, 3, 2, 10])).toEqual({ count: 5, median: 3, q1: 2, q3: 4, min: 1, max: 10 })
    expect(summarize([1, 2]).median).toBe(1.5)
    expect(summarize([]).median).toBeNaN()
  })
})

describe('report', () => {
  test('rates follow from the median', () => {
    const [ours, other] = rate(work(7), 8)
    expect(ours).toMatchObject({ itemsPerSecond: 5000, gflops: 2, peakShare: 0.25, ourSpeedup: 1 })
    expect(other).toMatchObject({ itemsPerSecond: 2000, gflops: 0.8, ourSpeedup: 2.5 })
  })

  test('the table names the ratio, the fastest peer and who is absent', () => {
    const table = toTable(result())
    expect(table).toContain('Third: not installed')
    expect(table).toContain('Against the fastest peer (Other): 2.50×')
    expect(table).toContain("JavaScript's share of our step: 2.0 %")
    expect(table).toContain('fit, over shuffled samples: 2.10 ms a step, of it JavaScript 3.0 %')
    expect(table).not.toContain('ERROR')
  })

  test('unequal parameters are an error', () => {
    expect(toTable(result(8))).toContain('ERROR: parameters differ: Tenon 7, Other 8')
  })

  test('JSON holds the ratios', () => {
    expect(toJson(result())).toMatchObject({
      works: [{ speedups: { Other: 2.5 }, fastestPeer: 'Other', speedupOverFastest: 2.5 }],
    })
  })
})

test('fit is measured for what the native runtime leaves of its time', async () => {
  const work = makeWork('mlp', 4, await createEngine('cpu', { threads: 1 }))
  const before = work.model.getWeights()
  const began = performance.now()
  const { msPerStep, scriptShare } = await measureFit(work, () => 0.75 * (performance.now() - began))
  expect(work.model.getWeights()).not.toEqual(before)
  expect(msPerStep).toBeGreaterThan(0)
  expect(scriptShare).toBeCloseTo(0.25, 2)
})

test('FLOPs of a step: products forward, and backward for each operand that needs a gradient', async () => {
  const { model } = makeWork('mlp', 4, await createEngine('cpu', { threads: 1 }))
  // The first layer's input needs no gradient.
  expect(stepFlops(model, 4)).toBe(2 * 4 * (2 * 784 * 512 + 3 * 512 * 512 + 3 * 512 * 10))
})

test('the profile’s table sums kernels by operator and place, and leaves out first runs and nodes that only hold others', () => {
  const run = (ts: number) => ({ cat: 'Session', name: 'model_run', ts, dur: 9000, args: {} })
  const kernel = (ts: number, name: string, op_name: string, dur: number) => ({
    cat: 'Node',
    name: `${name}_kernel_time`,
    ts,
    dur,
    args: { op_name },
  })
  const events = kernelEvents(
    JSON.stringify([
      kernel(10, 'a/MatMul_1', 'MatMul', 50_000),
      run(0),
      kernel(10_010, 'a/MatMul_1', 'MatMul', 3000),
      kernel(10_020, 'a/MatMul_2/MatMulAddFusion', 'MatMul', 3000),
      kernel(10_030, 'b/Relu', 'Relu', 2000),
      kernel(10_040, 'b/Scan', 'Scan', 2000),
      run(10_000),
      run(20_000),
    ]),
    1,
  )
  const table = profileTable(events, 2)
  expect(table).toContain('4.000 ms a step in kernels')
  expect(table).toMatch(/3\.000 ms {2}75\.0 % {2}× 1 {2}MatMul/)
  expect(table).toMatch(/3\.000 ms {2}75\.0 % {2}× 1 {2}a\n/)
  expect(table).not.toContain('Scan')
})
