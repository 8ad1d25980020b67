import { expect, test } from 'vitest'
import { layers, model } from '../../../src/index.ts'

const tokens = () => layers.input({ shape: [3], dtype: 'int32' })
const ids = { dtype: 'int32', shape: [2, 3], data: Int32Array.of(0, 1, 2, 2, 1, 0) } as const

test('leads back by its own table, transposed, and may be capped', async () => {
  const table = [
    [1, 2],
    [3, 4],
    [5, 6],
  ]
  const input = tokens()
  for (const cap of [null, 5]) {
    const embedding = layers.reversibleEmbedding({ inputDim: 3, outputDim: 2, logitSoftCap: cap })
    const net = model({ inputs: input, outputs: embedding(embedding(input), { reverse: true }), seed: 1 })
    expect(net.network.variables.map(({ path }) => path)).toEqual(['reversible_embedding/embeddings'])
    net.setWeights([table])
    const logits = await net.predict(ids)
    expect(logits.shape).toEqual([2, 3, 3])
    ids.data.forEach((id, row) => {
      table.forEach((entry, k) => {
        const product = entry.reduce((sum, value, i) => sum + value * (table[id]?.[i] ?? 0), 0)
        const wanted = cap === null ? product : cap * Math.tanh(product / cap)
        expect(logits.data[row * 3 + k]).toBeCloseTo(wanted, 5)
      })
    })
  }
})

test('the way back may have a weight of its own', () => {
  const embedding = layers.reversibleEmbedding({ inputDim: 3, outputDim: 2, tieWeights: false })
  const input = tokens()
  const net = model({ inputs: input, outputs: embedding(embedding(input), { reverse: true }), seed: 1 })
  expect(net.network.variables.map(({ path, shape }) => [path, shape])).toEqual([
    ['reversible_embedding/embeddings', [3, 2]],
    ['reversible_embedding/reverse_embeddings', [2, 3]],
  ])
  expect(() => layers.reversibleEmbedding({ inputDim: 3, outputDim: 2, logitSoftCap: 0 })).toThrow(/positive number/)
})
