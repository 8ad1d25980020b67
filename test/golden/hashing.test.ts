import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { layers, sequential } from '../../src/index.ts'

type Values = readonly string[] | readonly number[]
type Case =
  | { readonly layer: 'Hashing'; readonly config: object; readonly values: Values; readonly bins: readonly number[] }
  | {
      readonly layer: 'HashedCrossing'
      readonly config: object
      readonly values: readonly Values[]
      readonly bins: readonly number[]
    }

// Written by reference/hashing.py.
const golden: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('hashing.json', import.meta.url), 'utf8'),
)

const tensorOf = (values: Values): TensorData =>
  typeof values[0] === 'string'
    ? { dtype: 'string', shape: [values.length], data: values.map(String) }
    : fromNumbers('int64', [values.length], values.map(Number))

describe('bins are Keras’s', () => {
  test.each(golden.cases.map((item, i) => ({ item, name: `${i}: ${item.layer} ${JSON.stringify(item.config)}` })))(
    '$name',
    ({ item }) => {
      const bins =
        item.layer === 'Hashing'
          ? layers.hashing(item.config as never).hash(tensorOf(item.values))
          : layers.hashedCrossing(item.config as never).cross(...item.values.map(tensorOf))
      expect(Array.from(toNumbers(bins))).toEqual(item.bins)
    },
  )
})

test('the layer takes bins and gives them out in its mode', async () => {
  const layer = layers.hashing({ numBins: 3, outputMode: 'count' })
  const net = sequential([layers.input({ shape: [4], dtype: 'int64' }), layer], { seed: 1 })
  const bins = layer.hash({ dtype: 'string', shape: [1, 4], data: ['a', 'b', 'a', 'c'] })
  const counts = Array.from(toNumbers(await net.predict(bins)))
  expect(counts).toEqual([0, 1, 2].map(bin => Array.from(toNumbers(bins)).filter(other => other === bin).length))
})
