import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fromNumbers } from '../../../src/core/tensor-data.ts'
import { concatenated } from '../../../src/models/formats/hdf5/fields.ts'
import { encodeH5Model, encodeKeras, readH5Model, readKeras } from '../../../src/models/formats/keras/archive.ts'
import type { Model } from '../../../src/models/model.ts'
import { root } from '../../support/source-files.ts'

/** Keras's models in the middle of their training go on here as they do in Keras. Written by reference/formats_training.py. */

const folder = join(root, 'test/golden/formats')
const bytes = (file: string) => new Uint8Array(readFileSync(join(folder, file)))
const golden: {
  readonly batches: readonly { readonly x: number[]; readonly y: number[] }[]
  readonly models: readonly { readonly optimizer: string; readonly losses: number[] }[]
} = JSON.parse(readFileSync(join(folder, 'training.json'), 'utf8'))

async function step(model: Model, i: number): Promise<number> {
  const batch = golden.batches[i]
  if (!batch) throw new Error(`no batch ${i}`)
  const { loss } = await model.trainOnBatch(
    fromNumbers('float32', [6, 3], batch.x),
    fromNumbers('float32', [6, 1], batch.y),
  )
  return Number(loss)
}

async function expectLosses(model: Model, losses: readonly number[], first = 0): Promise<void> {
  for (const [i, loss] of losses.entries()) if (i >= first) expect(await step(model, 5 + i)).toBeCloseTo(loss, 5)
}

describe.each(golden.models)('$optimizer', ({ optimizer, losses }) => {
  const file = `training-${optimizer}.keras`

  test('goes on as in Keras', async () => {
    await expectLosses(await readKeras(bytes(file), { where: file }), losses)
  })

  test('is written as it was read, and as it is after steps here', async () => {
    const model = await readKeras(bytes(file), { where: file })
    await expectLosses(await readKeras(concatenated(encodeKeras(model)), { where: 'again' }), losses)
    for (const i of [0, 1]) await step(model, 5 + i)
    await expectLosses(await readKeras(concatenated(encodeKeras(model)), { where: 'later' }), losses, 2)
  })
})

test('an .h5 file says how to compile, and its optimizer starts anew', async () => {
  const model = await readKeras(bytes('training-sgd.keras'), { where: 'sgd' })
  const again = await readH5Model(concatenated(encodeH5Model(model)), { where: 'h5' })
  expect(again.optimizerMemory).toBeUndefined()
  // Plain SGD remembers nothing that matters.
  await expectLosses(again, golden.models.find(({ optimizer }) => optimizer === 'sgd')?.losses ?? [])
})

test.each(['momentum', 'adam', 'schedule'])('an .h5 file of Keras has it too: %s', async name => {
  const losses = golden.models.find(({ optimizer }) => optimizer === name)?.losses ?? []
  expect(losses).toHaveLength(5)
  await expectLosses(await readH5Model(bytes(`training-${name}.h5`), { where: name }), losses)
})

test('a model that never trained has nothing to write, and one that is not compiled cannot take it', async () => {
  const model = await readKeras(bytes('training-adam.keras'), { where: 'adam', compile: false })
  expect(model.optimizerMemory).toBeUndefined()
  expect(() => model.restoreOptimizer({ steps: 0, learningRate: 1, shared: [], weights: new Map() })).toThrow(
    'compiled',
  )
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
  expect(model.optimizerMemory).toBeUndefined()
  const again = await readKeras(concatenated(encodeKeras(model)), { where: 'again' })
  expect(again.optimizerMemory).toBeUndefined()
})
