import { expect, test } from 'vitest'
import { fromNumbers, toNumbers } from '../../../src/core/tensor-data.ts'
import { layers, sequential } from '../../../src/index.ts'
import type { AnyLayer } from '../../../src/nn/layer.ts'

/** A layer's output for 0, 1, 2, … along one axis. */
async function on(count: number, layer: AnyLayer): Promise<number[]> {
  const net = sequential([layers.input({ shape: [count, 1] }), layer])
  const x = fromNumbers(
    'float32',
    [1, count, 1],
    Array.from({ length: count }, (_, i) => i),
  )
  return Array.from(toNumbers(await net.predict(x)))
}

test('strides beyond the window leave elements out, and pad only where a window reaches over the end', async () => {
  const options = { poolSize: 1, strides: 2, padding: 'same' } as const
  expect(await on(6, layers.maxPooling1d(options))).toEqual([0, 2, 4])
  expect(await on(7, layers.averagePooling1d(options))).toEqual([0, 2, 4, 6])
  expect(await on(5, layers.averagePooling1d({ poolSize: 2, strides: 3, padding: 'same' }))).toEqual([0.5, 3.5])
  expect(await on(4, layers.maxPooling1d({ poolSize: 2, strides: 3, padding: 'same' }))).toEqual([1, 3])
})
