import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import { findOperator } from '../../src/ops/index.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { evaluate } from '../support/run.ts'

interface Numbers {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
interface Case {
  readonly name: string
  readonly operator: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly inputs: Readonly<Record<string, Numbers & { readonly dtype: 'float32' | 'int64' }>>
  readonly output: Numbers
  readonly cotangent: readonly number[]
  readonly gradients: Readonly<Record<string, readonly number[]>>
}

// Written by reference/ops_torch.py.
const golden: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('ops-torch.json', import.meta.url), 'utf8'),
)

/** Largest difference, relative to the largest number (at least 1) of the tensor. */
function difference(got: TensorData | undefined, want: readonly number[]): number {
  const numbers = got ? toNumbers(got) : new Float64Array()
  if (numbers.length !== want.length) return Number.POSITIVE_INFINITY
  const scale = want.reduce((most, x) => Math.max(most, Math.abs(x)), 1)
  return want.reduce((worst, x, i) => Math.max(worst, Math.abs(x - (numbers[i] ?? Number.NaN)) / scale), 0)
}

describe('operators against PyTorch', () => {
  test.each(golden.cases)(
    '$operator: $name',
    async ({ operator: type, attributes, inputs, output, cotangent, gradients }) => {
      const operator = findOperator(type)
      if (!operator) throw new Error(`no operator ${type}`)
      const feeds = new Map<Value, TensorData>()
      const byName = new Map<string, Value>()
      for (const [name, { shape, data, dtype }] of Object.entries(inputs)) {
        const value = Value.input({ dtype, shape }, name)
        byName.set(name, value)
        feeds.set(value, fromNumbers(dtype, shape, data))
      }
      const values = operator.inputs.map(({ name }) => byName.get(name))
      const [y] = operator.apply(values, operator.toAttributes(attributes))
      if (!y) throw new Error(`${type} has no output`)
      expect(y.shape).toEqual(output.shape)

      const weighted = mul(y, Value.constant(fromNumbers('float32', output.shape, cotangent)))
      const names = Object.keys(gradients)
      const variables = names.flatMap(name => byName.get(name) ?? [])
      const grads = gradientsOf(reduceSum(weighted, undefined, { keepdims: 0 }), variables)
      const [got, ...found] = await evaluate([y, ...grads], feeds)
      expect(difference(got, output.data), 'output').toBeLessThan(1e-4)
      names.forEach((name, i) => {
        expect(difference(found[i], gradients[name] ?? []), `gradient of ${name}`).toBeLessThan(1e-4)
      })
    },
  )
})
