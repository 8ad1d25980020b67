import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { Rng } from '../../src/core/rng.ts'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import { resolveConstraint } from '../../src/nn/constraints.ts'
import { computeFans } from '../../src/nn/initializers/variance-scaling.ts'
import { resolveInitializer } from '../../src/nn/initializers.ts'
import { resolveRegularizer } from '../../src/nn/regularizers.ts'
import { type Serialized, serialized } from '../../src/nn/serialized.ts'
import { evaluate } from '../support/run.ts'

interface Tensor {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
type Config = Readonly<Record<string, unknown>>
interface Case {
  readonly type: string
  /** What was given to Keras, and what its `get_config` says of it. */
  readonly given: Config
  readonly config: Config
}
interface Golden {
  readonly fans: readonly {
    readonly shape: readonly number[]
    readonly inputAxes: readonly number[] | null
    readonly outputAxes: readonly number[] | null
    readonly fans: readonly [number, number]
  }[]
  readonly fixed: readonly (Case & { readonly values: Tensor })[]
  readonly random: readonly (Case & {
    readonly shape: readonly number[]
    readonly mean: number
    readonly variance: number
    readonly largest: number
  })[]
  readonly regularizers: readonly (Case & {
    readonly weight: Tensor
    readonly penalty: number
    readonly gradient: readonly number[]
  })[]
  readonly constraints: readonly (Case & { readonly weight: Tensor; readonly result: readonly number[] })[]
}

// Written by reference/weights_keras.py.
const golden: Golden = JSON.parse(readFileSync(new URL('weights-keras.json', import.meta.url), 'utf8'))

const named = <T extends Case>(cases: readonly T[]): (T & { readonly name: string })[] =>
  cases.map(item => ({ ...item, name: `${item.type} ${JSON.stringify(item.given)}` }))

/** Keras's config, every number of it to seven digits, since Keras rounds some to float32. */
function expectConfig(made: Serialized, wanted: Case): void {
  expect(made.type).toBe(wanted.type)
  const rounded = (config: Config) =>
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [key, typeof value === 'number' ? value.toPrecision(7) : value]),
    )
  expect(rounded(made.config)).toMatchObject(rounded(wanted.config))
}

const expectClose = (got: ArrayLike<number>, wanted: readonly number[], tolerance: number): void => {
  expect(got.length).toBe(wanted.length)
  for (const [i, value] of wanted.entries())
    expect(Math.abs((got[i] ?? Number.NaN) - value) / Math.max(1, Math.abs(value)), `element ${i}`).toBeLessThan(
      tolerance,
    )
}

describe('initializers are Keras’s', () => {
  test.each(golden.fans)('fans of $shape by $inputAxes, $outputAxes', ({ shape, inputAxes, outputAxes, fans }) => {
    const { fanIn, fanOut } = computeFans(shape, inputAxes, outputAxes)
    expect([fanIn, fanOut]).toEqual(fans)
  })

  test.each(named(golden.fixed))('values of $name', item => {
    const made = resolveInitializer({ type: item.type, config: item.given }, 'test')
    expectConfig(serialized(made), item)
    const { shape, data } = made.init(item.values.shape, new Rng(1))
    expect(shape).toEqual(item.values.shape)
    expectClose(data, item.values.data, 1e-6)
  })

  test.each(named(golden.random))('statistics of $name', item => {
    const made = resolveInitializer({ type: item.type, config: item.given }, 'test')
    expectConfig(serialized(made), item)
    const { data } = made.init(item.shape, new Rng(1))
    const n = data.length
    const mean = data.reduce((sum, x) => sum + x, 0) / n
    const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n
    // Two samples of n: six standard errors of the difference.
    expect(Math.abs(mean - item.mean)).toBeLessThan(6 * Math.sqrt((2 * item.variance) / n))
    expect(Math.abs(variance / item.variance - 1)).toBeLessThan(6 * Math.sqrt(4 / n))
    // Bounded distributions end where Keras's do; the largest of a normal sample differs more.
    const largest = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
    const bounded = !/RandomNormal|Orthogonal/.test(item.type) && item.config['distribution'] !== 'untruncatedNormal'
    expect(Math.abs(largest / item.largest - 1)).toBeLessThan(bounded ? 0.01 : 0.4)
  })
})

describe('regularizers are Keras’s', () => {
  test.each(named(golden.regularizers))('$name', async item => {
    const made = resolveRegularizer({ type: item.type, config: item.given }, 'test')
    if (!made) throw new Error('no regularizer')
    expectConfig(serialized(made), item)
    const w = Value.input({ dtype: 'float32', shape: item.weight.shape }, 'w')
    const penalty = made.call(w)
    expect(penalty.shape).toEqual([])
    const outputs = [penalty, ...gradientsOf(penalty, [w])]
    const [value, gradient] = await evaluate(
      outputs,
      new Map([[w, fromNumbers('float32', item.weight.shape, item.weight.data)]]),
    )
    expectClose([Number(value?.data[0])], [item.penalty], 1e-6)
    expectClose(gradient?.data instanceof Float32Array ? gradient.data : [], item.gradient, 1e-6)
  })
})

describe('constraints are Keras’s', () => {
  test.each(named(golden.constraints))('$name', async item => {
    const made = resolveConstraint({ type: item.type, config: item.given }, 'test')
    if (!made) throw new Error('no constraint')
    expectConfig(serialized(made), item)
    const w = Value.input({ dtype: 'float32', shape: item.weight.shape }, 'w')
    const [result] = await evaluate(
      [made.call(w)],
      new Map([[w, fromNumbers('float32', item.weight.shape, item.weight.data)]]),
    )
    expect(result?.shape).toEqual(item.weight.shape)
    expectClose(result?.data instanceof Float32Array ? result.data : [], item.result, 1e-6)
  })
})
