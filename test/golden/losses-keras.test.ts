import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { fromNumbers, toNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import { lossFromConfig, lossNames, lossOf } from '../../src/nn/losses.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { evaluate } from '../support/run.ts'

interface Numbers {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
interface Case {
  readonly loss: string
  readonly config: Readonly<Record<string, unknown>>
  readonly yTrue: Numbers
  readonly yPred: Numbers
  readonly sampleWeight?: Numbers
  readonly mask?: Numbers
  readonly perSample: Numbers
  readonly value: Numbers
  readonly gradient: Numbers
}

// Written by reference/losses_keras.py.
const golden: { readonly losses: readonly Case[] } = JSON.parse(
  readFileSync(new URL('losses-keras.json', import.meta.url), 'utf8'),
)

/** `KLDivergence` → `klDivergence`, `CTC` → `ctc`: Keras's classes under our names. */
const nameOf = (keras: string): string =>
  lossNames.find(name => name.toLowerCase() === keras.toLowerCase()) ?? `no loss ${keras}`
const sparse = new Set(['SparseCategoricalCrossentropy', 'CategoricalGeneralizedCrossEntropy', 'Circle', 'CTC'])
const cases = golden.losses.map((item, i) => ({ ...item, name: `${i}: ${item.loss} ${JSON.stringify(item.config)}` }))
const constant = (dtype: 'float32' | 'int32' | 'bool', { shape, data }: Numbers): Value =>
  Value.constant(fromNumbers(dtype, shape, data))

let worst = 0
/** Largest difference, relative to the largest number where that is above 1. */
function difference(got: ArrayLike<number>, wanted: readonly number[]): number {
  const scale = Math.max(1, ...wanted.map(Math.abs))
  const each = wanted.map((want, i) => Math.abs((got[i] ?? Number.NaN) - want) / scale)
  const largest = each.some(Number.isNaN) ? Number.POSITIVE_INFINITY : Math.max(0, ...each)
  worst = Math.max(worst, largest)
  return got.length === wanted.length ? largest : Number.POSITIVE_INFINITY
}

describe('losses are Keras’s: values of samples, weighted values, gradients', () => {
  test('there are cases for each', () => {
    const tested = new Set(golden.losses.map(item => nameOf(item.loss)))
    expect(tested).toEqual(new Set(lossNames.filter(name => !/^(bce|kld|mae|mape|mse|msle)$/i.test(name))))
    expect(tested.size).toBe(22)
  })
  test.each(cases)('$name', async item => {
    const loss = lossFromConfig(nameOf(item.loss), item.config)
    const target = constant(sparse.has(item.loss) ? 'int32' : 'float32', item.yTrue)
    const output = Value.input({ dtype: 'float32', shape: item.yPred.shape }, 'output')
    const value = lossOf(loss, target, output, {
      sampleWeight: item.sampleWeight && constant('float32', item.sampleWeight),
      mask: item.mask && constant('bool', item.mask),
    })
    const total = reduceSum(value, undefined, { keepdims: 0 })
    const outputs = [loss.perSample(target, output), value, ...gradientsOf(total, [output])]
    const feeds = new Map([[output, fromNumbers('float32', item.yPred.shape, item.yPred.data)]])
    const results = await evaluate(outputs, feeds)
    const wanted = [item.perSample, item.value, item.gradient]
    wanted.forEach(({ shape, data }, i) => {
      const what = ['perSample', 'value', 'gradient'][i]
      const got = results[i]
      if (!got) throw new Error(`no ${what}`)
      expect(got.shape, what).toEqual(shape)
      expect(difference(toNumbers(got), data), `${what}: ${toNumbers(got)} for ${data}`).toBeLessThan(1e-5)
    })
  })
  afterAll(() => console.info(`losses: ${cases.length} cases, largest difference ${worst.toExponential(1)}`))
})
