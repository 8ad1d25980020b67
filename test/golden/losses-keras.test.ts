import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { fromNumbers, toNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import * as losses from '../../src/nn/losses.ts'
import { reduceMean } from '../../src/ops/reduce/reduce-mean.ts'
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
  readonly sampleWeight?: unknown
  readonly value: number
  readonly gradient: readonly number[] | Numbers
}

// Written by reference/losses_keras.py, for more losses than there are here yet.
const golden: { readonly losses: readonly Case[] } = JSON.parse(
  readFileSync(new URL('losses-keras.json', import.meta.url), 'utf8'),
)

const makers: Readonly<Record<string, (config: object) => losses.Loss>> = {
  SparseCategoricalCrossentropy: losses.sparseCategoricalCrossentropy,
  CategoricalCrossentropy: losses.categoricalCrossentropy,
  BinaryCrossentropy: losses.binaryCrossentropy,
  MeanSquaredError: losses.meanSquaredError,
  MeanAbsoluteError: losses.meanAbsoluteError,
}

const cases = golden.losses
  .filter(item => item.loss in makers && item.sampleWeight === undefined && !('ignoreClass' in item.config))
  .map((item, i) => ({ ...item, name: `${i}: ${item.loss} ${JSON.stringify(item.config)}` }))

describe('losses are Keras’s: values and gradients', () => {
  test('there are cases for each', () => {
    expect(new Set(cases.map(item => item.loss))).toEqual(new Set(Object.keys(makers)))
  })
  test.each(cases)('$name', async item => {
    const loss = makers[item.loss]?.(item.config)
    if (!loss) throw new Error(`no loss ${item.loss}`)
    const sparse = item.loss.startsWith('Sparse')
    const target = Value.constant(fromNumbers(sparse ? 'int32' : 'float32', item.yTrue.shape, item.yTrue.data))
    const output = Value.input({ dtype: 'float32', shape: item.yPred.shape }, 'output')
    const mean = reduceMean(loss.call(target, output), undefined, { keepdims: 0 })
    const feeds = new Map([[output, fromNumbers('float32', item.yPred.shape, item.yPred.data)]])
    const [value, gradient] = await evaluate([mean, ...gradientsOf(mean, [output])], feeds)
    expect(Math.abs(Number(value?.data[0]) - item.value) / Math.max(1, Math.abs(item.value))).toBeLessThan(1e-5)
    const wanted = 'data' in item.gradient ? item.gradient.data : item.gradient
    const got = gradient ? toNumbers(gradient) : []
    const scale = Math.max(1, ...wanted.map(Math.abs))
    wanted.forEach((want, i) => {
      expect(Math.abs((got[i] ?? Number.NaN) - want) / scale, `gradient[${i}]: ${got[i]} for ${want}`).toBeLessThan(
        1e-5,
      )
    })
  })
})
