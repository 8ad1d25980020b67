import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import type { AnyLayer } from '../../src/nn/layer.ts'
import { runLayer } from '../../src/nn/run-layer.ts'
import { scalar } from '../../src/ops/constants.ts'
import { load } from './run.ts'

/** A layer's first output in training, for images and a key [step, seed]: one graph for all steps. */
export async function trainer(layer: AnyLayer, like: TensorData) {
  const x = Value.input({ dtype: like.dtype, shape: like.shape }, 'x')
  const key = Value.input({ dtype: 'int64', shape: [2] }, 'key')
  const [output] = runLayer(
    {
      training: true,
      masks: new Map(),
      updates: new Map(),
      losses: [],
      weight: () => scalar(0),
      key: () => key,
    },
    layer.type,
    layer,
    [x],
  )
  const run = await load([x, key], [output])
  return async (images: TensorData, step = 0, seed = 5): Promise<TensorData> => {
    const [result] = await run(
      new Map([
        [x, images],
        [key, fromNumbers('int64', [2], [step, seed])],
      ]),
    )
    if (!result) throw new Error('one output')
    return result
  }
}

/** Images whose two channels are the column and the row of each pixel. */
export function coordinates(batch: number, height: number, width: number): TensorData {
  const data = Array.from({ length: batch * height * width }, (_, i) => [i % width, Math.floor(i / width) % height])
  return fromNumbers('float32', [batch, height, width, 2], data.flat())
}

/** Where a pixel of every result looked in an image of coordinates: [column, row] each. */
export function lookups(result: TensorData, row: number, column: number): [number, number][] {
  const [batch = 0, height = 0, width = 0] = result.shape
  const numbers = toNumbers(result)
  return Array.from({ length: batch }, (_, i) => {
    const at = ((i * height + row) * width + column) * 2
    return [numbers[at] ?? Number.NaN, numbers[at + 1] ?? Number.NaN]
  })
}
