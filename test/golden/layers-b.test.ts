import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import * as activations from '../../src/nn/activations/index.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { caseName, checkLayer, difference, type LayerCase, type Numbers } from '../support/layer-golden.ts'
import { evaluate } from '../support/run.ts'

interface ActivationCase {
  readonly activation: string
  readonly config: Readonly<Record<string, number>>
  readonly input: Numbers
  readonly output: Numbers
  readonly cotangent: readonly number[]
  readonly gradient: Numbers
}

interface Edges {
  readonly at: readonly number[]
  readonly cases: readonly {
    readonly activation: string
    readonly config: Readonly<Record<string, number>>
    readonly values: readonly number[]
    readonly slopes: readonly number[]
  }[]
}

// Written by reference/layers_b.py.
const golden: {
  readonly activations: readonly ActivationCase[]
  readonly edges: Edges
  readonly layers: readonly LayerCase[]
} = JSON.parse(readFileSync(new URL('layers-b.json', import.meta.url), 'utf8'))
const functions: Readonly<Record<string, (x: Value, options: never) => Value>> = activations
let worst = 0

describe('activations are Keras’s: values and gradients', () => {
  test('there are cases for each', () => {
    const tested = new Set(golden.activations.map(({ activation }) => activation))
    expect([...tested].sort()).toEqual(Object.keys(activations).sort())
  })
  test.each(golden.activations.map(item => ({ ...item, name: `${item.activation} ${JSON.stringify(item.config)}` })))(
    '$name',
    async ({ activation, config, input, output, cotangent, gradient }) => {
      const f = functions[activation]
      if (!f) throw new Error(`no activation ${activation}`)
      const x = Value.input({ dtype: 'float32', shape: input.shape }, 'x')
      const y = f(x, config as never)
      const weighted = mul(y, Value.constant(fromNumbers('float32', output.shape, cotangent)))
      const grads = gradientsOf(reduceSum(weighted, undefined, { keepdims: 0 }), [x])
      const feeds = new Map([[x, fromNumbers('float32', input.shape, input.data)]])
      const results = await evaluate([y, ...grads], feeds)
      for (const [i, want] of [output, gradient].entries()) {
        const error = difference(results[i], want, i === 0 ? 'output' : 'gradient')
        expect(error).toBeLessThan(1e-5)
        worst = Math.max(worst, error)
      }
    },
  )
})

test.each(golden.edges.cases.map(item => ({ ...item, name: `${item.activation} ${JSON.stringify(item.config)}` })))(
  'at 0 and far out the slope is Keras’s: $name',
  async ({ activation, config, values, slopes }) => {
    const { at } = golden.edges
    const x = Value.input({ dtype: 'float32', shape: [at.length] }, 'x')
    const y = functions[activation]?.(x, config as never)
    if (!y) throw new Error(`no activation ${activation}`)
    const outputs = [y, ...gradientsOf(reduceSum(y, undefined, { keepdims: 0 }), [x])]
    const results = await evaluate(outputs, new Map([[x, fromNumbers('float32', [at.length], at)]]))
    for (const [i, want] of [values, slopes].entries())
      for (const [k, value] of want.entries()) {
        const error = Math.abs(Number(results[i]?.data[k]) - value) / Math.max(1, Math.abs(value))
        expect(error, `${i === 0 ? 'value' : 'slope'} at ${at[k]}`).toBeLessThan(1e-5)
      }
  },
)

describe('layers are Keras’s: outputs, gradients, weights, masks, losses, updates; and are made again from their config', () => {
  test.each(golden.layers.map(item => ({ ...item, title: caseName(item) })))('$title', async item => {
    worst = Math.max(worst, await checkLayer(item))
  })
})

afterAll(() => console.info(`largest difference ${worst.toExponential(1)}`))
