import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { UnsupportedError } from '../../../src/core/errors.ts'
import { isTensorData } from '../../../src/core/nested.ts'
import { fromNumbers } from '../../../src/core/tensor-data.ts'
import { concatenated } from '../../../src/models/formats/hdf5/fields.ts'
import { encodeKeras, readKeras } from '../../../src/models/formats/keras/archive.ts'
import { toKerasConfig } from '../../../src/models/formats/keras/encode.ts'
import { model } from '../../../src/models/functional.ts'
import type { Model } from '../../../src/models/model.ts'
import * as layers from '../../../src/nn/layers/index.ts'
import { root } from '../../support/source-files.ts'

/** What layers are called with in Keras's files: masks, states, options. Written by reference/formats_calls.py. */

interface Entry {
  readonly shape: number[]
  readonly data: number[]
}
interface Golden {
  readonly name: string
  readonly inputs: (Entry & { readonly dtype: 'float32' | 'int32' | 'bool' })[]
  readonly outputs: Readonly<Record<string, Entry>>
}
const folder = join(root, 'test/golden/formats')
const read = (name: string) => readKeras(new Uint8Array(readFileSync(join(folder, `${name}.keras`))), { where: name })
const { models }: { models: Golden[] } = JSON.parse(readFileSync(join(folder, 'calls.json'), 'utf8'))

async function expectOutputs(own: Model, { inputs, outputs }: Golden): Promise<void> {
  const result = await own.predict(inputs.map(({ dtype, shape, data }) => fromNumbers(dtype, shape, data)))
  if (isTensorData(result) || Array.isArray(result)) throw new Error('outputs by name')
  const named = new Map(Object.entries(result))
  expect([...named.keys()].sort()).toEqual(Object.keys(outputs).sort())
  for (const [name, { shape, data }] of Object.entries(outputs)) {
    expect(named.get(name)?.shape, name).toEqual(shape)
    const errors = data.map((value, i) => Math.abs(Number(named.get(name)?.data[i]) - value))
    expect(Math.max(...errors), name).toBeLessThan(2e-6)
  }
}

describe.each(models)('$name', golden => {
  test('computes what Keras computes', async () => {
    await expectOutputs(await read(golden.name), golden)
  })

  test('computes it still when it was written and read again', async () => {
    const own = await read(golden.name)
    const again = await readKeras(concatenated(encodeKeras(own)), { where: 'again' })
    expect(toKerasConfig(again)).toEqual(toKerasConfig(own))
    await expectOutputs(again, golden)
  })
})

test.each(['computed', 'other', 'weights'])('a call that cannot be carried over is refused: %s', async name => {
  await expect(read(`calls-refused-${name}`)).rejects.toThrow(UnsupportedError)
})

describe('masks given to a call', () => {
  const x = layers.input({ shape: [3, 2] })
  const steps = layers.input({ shape: [3], dtype: 'bool' })
  const data = [fromNumbers('float32', [1, 3, 2], [1, 2, 3, 4, 5, 6]), fromNumbers('bool', [1, 3], [1, 0, 1])]

  test('take the place of those that come along', async () => {
    const pool = layers.globalAveragePooling1d()
    const masked = layers.masking({ maskValue: 1 })(x)
    const own = model({ inputs: [x, steps], outputs: { given: pool(masked, {}, steps), none: pool(masked, {}, null) } })
    const { given, none } = await own.predict(data)
    expect([...given.data]).toEqual([3, 4])
    expect([...none.data]).toEqual([3, 4])
    const { given: first } = await own.predict([
      fromNumbers('float32', [1, 3, 2], [1, 2, 3, 4, 5, 6]),
      fromNumbers('bool', [1, 3], [1, 1, 0]),
    ])
    expect([...first.data]).toEqual([2, 3])
  })

  test('are refused where they are none, or too many', () => {
    const dense = layers.dense({ units: 1 })
    expect(() => dense(x, {}, x)).toThrow('masks to be symbolic tensors of bool')
    expect(() => dense(x, {}, [steps, steps])).toThrow('at most 1 masks')
  })

  test('are not written for Keras where it has no place for them', () => {
    const refused = (output: ReturnType<typeof layers.input>) => () =>
      toKerasConfig(model({ inputs: [x, steps], outputs: output }))
    const lstm = layers.lstm({ units: 2 })
    const state = layers.flatten()(layers.globalAveragePooling1d()(x, {}, steps))
    expect(refused(layers.dense({ units: 1 })(x, {}, steps))).toThrow('masks that Keras takes here')
    expect(refused(lstm([layers.masking()(x), state, state]))).toThrow('Keras forgets it here')
    expect(refused(layers.batchNormalization()(state, { training: true }))).toThrow('Keras overrides it')
    expect(refused(lstm([layers.masking()(x), state, state], {}, steps))).not.toThrow()
  })
})
