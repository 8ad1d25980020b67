import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { fromNumbers, type TensorData, zeros } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import * as metrics from '../../src/nn/metrics.ts'
import { load } from '../support/run.ts'

interface Numbers {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
interface Case {
  readonly metric: string
  readonly config: Readonly<Record<string, unknown>>
  readonly updates: readonly { readonly yTrue: Numbers; readonly yPred: Numbers; readonly sampleWeight?: Numbers }[]
  readonly results: readonly Numbers[]
}

// Written by reference/metrics_keras.py.
const golden: { readonly metrics: readonly Case[] } = JSON.parse(
  readFileSync(new URL('metrics-keras.json', import.meta.url), 'utf8'),
)

const makers = Object.keys(metrics)
/** `AUC` → `auc`, `OneHotMeanIoU` → `oneHotMeanIou`: Keras's classes under our names. */
const nameOf = (keras: string): string =>
  makers.find(name => name.toLowerCase() === keras.toLowerCase()) ?? `no metric ${keras}`
const make = ({ metric, config }: Case): metrics.AnyMetric =>
  metric === 'Mean'
    ? metrics.mean()
    : metric === 'Sum'
      ? metrics.sum()
      : metrics.metricFromConfig(nameOf(metric), config)

/** Class numbers are integers; whatever else is compared with outputs is not. */
const integers = /^Sparse|IoU/
const cases = golden.metrics.map((item, i) => {
  const weights = item.updates.some(update => update.sampleWeight) ? ', weighted' : ''
  return { ...item, label: `${i}: ${item.metric} ${JSON.stringify(item.config)}${weights}` }
})

const tensorOf = ({ shape, data }: Numbers, dtype: 'float32' | 'int32' = 'float32'): TensorData =>
  fromNumbers(dtype, shape, data)

let worst = 0

/** Feeds the state of one batch to the next, as training does. */
async function stream(item: Case, check: (result: metrics.MetricResult, batch: number) => void): Promise<void> {
  const [first] = item.updates
  if (!first) throw new Error('no updates')
  const given = make(item)
  const metric = given.build?.(first.yTrue, first.yPred) ?? given
  let state: readonly TensorData[] = metric.state.map(shape => zeros('float32', shape))
  for (const [batch, { yTrue, yPred, sampleWeight }] of item.updates.entries()) {
    const feeds = new Map<Value, TensorData>()
    const input = (data: TensorData, name: string): Value => {
      const value = Value.input({ dtype: data.dtype, shape: data.shape }, name)
      feeds.set(value, data)
      return value
    }
    const next = metric.update(
      state.map((data, i) => input(data, `state${i}`)),
      input(tensorOf(yTrue, integers.test(item.metric) ? 'int32' : 'float32'), 'target'),
      input(tensorOf(yPred), 'output'),
      sampleWeight && input(tensorOf(sampleWeight), 'weight'),
    )
    state = await (await load([...feeds.keys()], next))(feeds)
    check(metric.result(state), batch)
  }
}

describe('metrics are Keras’s, batch by batch', () => {
  test('there are cases for each', () => {
    const tested = new Set(golden.metrics.map(item => nameOf(item.metric)))
    const notMetrics = new Set(['metricNames', 'resolveMetric', 'checkMetricName', 'metricFromConfig'])
    expect(tested).toEqual(new Set(makers.filter(name => !notMetrics.has(name))))
    expect(tested.size).toBe(45 - 1) // MeanMetricWrapper is `mean` of a function
  })
  test.each(cases)('$label', async item => {
    await stream(item, (result, batch) => {
      const got = typeof result === 'number' ? [result] : result
      const wanted = item.results[batch]?.data ?? []
      expect(got).toHaveLength(wanted.length)
      wanted.forEach((want, i) => {
        const value = got[i] ?? Number.NaN
        const difference = Math.abs(value - want) / Math.max(1, Math.abs(want))
        worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference)
        expect(difference, `batch ${batch}: ${value} for ${want}`).toBeLessThan(1e-5)
      })
    })
  })
  afterAll(() => console.info(`metrics: ${cases.length} cases, largest difference ${worst.toExponential(1)}`))
})
