import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import { findOperator } from '../../src/ops/index.ts'
import { add } from '../../src/ops/math/add.ts'
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
  readonly inputs: Readonly<Record<string, Numbers & { readonly dtype: 'float32' | 'int32' }>>
  readonly outputs: readonly Numbers[]
  readonly cotangents: readonly (readonly number[])[]
  readonly gradients: Readonly<Record<string, readonly number[]>>
}

// Written by reference/recurrent_torch.py.
const golden: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('recurrent-torch.json', import.meta.url), 'utf8'),
)

/** Largest difference, relative to the largest number (at least 1) of the tensor. */
function difference(got: TensorData | undefined, want: readonly number[]): number {
  const numbers = got ? toNumbers(got) : new Float64Array()
  if (numbers.length !== want.length) return Number.POSITIVE_INFINITY
  const scale = want.reduce((most, x) => Math.max(most, Math.abs(x)), 1)
  return want.reduce((worst, x, i) => Math.max(worst, Math.abs(x - (numbers[i] ?? Number.NaN)) / scale), 0)
}

describe('recurrent operators against PyTorch', () => {
  test.each(golden.cases)('$operator: $name', async item => {
    const operator = findOperator(item.operator)
    if (!operator) throw new Error(`no operator ${item.operator}`)
    const feeds = new Map<Value, TensorData>()
    const byName = new Map<string, Value>()
    for (const [name, { shape, data, dtype }] of Object.entries(item.inputs)) {
      const value = Value.input({ dtype, shape }, name)
      byName.set(name, value)
      feeds.set(value, fromNumbers(dtype, shape, data))
    }
    const outputs = operator.apply(
      operator.inputs.map(({ name }) => byName.get(name)),
      operator.toAttributes(item.attributes),
    )
    const weighted = outputs.map((output, i) => {
      const { shape } = item.outputs[i] ?? { shape: [] }
      expect(output.shape).toEqual(shape)
      const cotangent = Value.constant(fromNumbers('float32', shape, item.cotangents[i] ?? []))
      return reduceSum(mul(output, cotangent), undefined, { keepdims: 0 })
    })
    const names = Object.keys(item.gradients)
    const variables = names.flatMap(name => byName.get(name) ?? [])
    const grads = gradientsOf(
      weighted.reduce((a, b) => add(a, b)),
      variables,
    )
    const found = await evaluate([...outputs, ...grads], feeds)
    item.outputs.forEach((output, i) => {
      expect(difference(found[i], output.data), `output ${i}`).toBeLessThan(1e-5)
    })
    names.forEach((name, i) => {
      const want = item.gradients[name] ?? []
      expect(difference(found[outputs.length + i], want), `gradient of ${name}`).toBeLessThan(1e-5)
    })
  })
})
