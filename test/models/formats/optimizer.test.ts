import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fromNumbers } from '../../../src/core/tensor-data.ts'
import { layers, sequential } from '../../../src/index.ts'
import { concatenated } from '../../../src/models/formats/hdf5/fields.ts'
import { encodeH5Model, encodeKeras, readH5Model, readKeras } from '../../../src/models/formats/keras/archive.ts'
import { applyCompileConfig, compileConfig } from '../../../src/models/formats/keras/compile-config.ts'
import { trainedInKeras } from '../../../src/models/formats/keras/variable-paths.ts'
import type { Model } from '../../../src/models/model.ts'
import { adam, multiOptimizer, type OptimizerName, resolveOptimizer, sgd } from '../../../src/train/optimizers/index.ts'
import { matches } from '../../../src/train/optimizers/match.ts'
import { root } from '../../support/source-files.ts'

/** Keras's models in the middle of their training go on here as they do in Keras. Written by reference/formats_training.py. */

const folder = join(root, 'test/golden/formats')
const bytes = (file: string) => new Uint8Array(readFileSync(join(folder, file)))
const golden: {
  readonly paths: Readonly<Record<string, string[]>>
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
    // Under loss scaling Keras's files lack what Nadam shares between weights: it starts anew whenever it is read.
    if (optimizer === 'loss-scale-nadam') return
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

test.each(Object.entries(golden.paths))('weights have the paths that they have in Keras: %s', async (name, paths) => {
  const model = await readKeras(bytes(`${name}.keras`), { where: name, compile: false })
  expect(trainedInKeras(model).map(({ path }) => path)).toEqual(paths)
})

test('of several optimizers each goes with the weights that it trains in Keras, whatever they are called here', async () => {
  const recurrent = () => {
    const made = sequential([
      layers.input({ shape: [4, 3] }),
      layers.bidirectional({ layer: layers.gru({ units: 2, returnSequences: true, name: 'gru' }) }),
      layers.lstm({ units: 2, name: 'lstm_1' }),
      layers.dense({ units: 1, name: 'head' }),
    ])
    made.compile({
      optimizer: multiOptimizer({
        optimizers: [
          { match: /\/cell\//, optimizer: sgd({ learningRate: 0.1 }) },
          { match: path => path.startsWith('none'), optimizer: sgd({ learningRate: 7 }) },
          { match: 'kernel', optimizer: adam({ learningRate: 0.5 }) },
        ],
        defaultOptimizer: adam({ learningRate: 0.25 }),
      }),
      loss: 'meanSquaredError',
    })
    return made
  }
  const model = recurrent()
  const { optimizer } = compileConfig(model) ?? {}
  const gru = ['forward_gru', 'backward_gru'].flatMap(name =>
    ['kernel', 'recurrent_kernel', 'bias'].map(weight => `${name}/gru_cell/${weight}`),
  )
  const lstm = ['kernel', 'recurrent_kernel', 'bias'].map(weight => `lstm_1/lstm_cell/${weight}`)
  expect(optimizer).toMatchObject({
    class_name: 'MultiOptimizer',
    config: {
      optimizer_map: {
        config: {
          default_optimizer: { config: { learning_rate: 0.25 } },
          optimizer_map: {
            [[...gru, ...lstm].join('|')]: { class_name: 'SGD' },
            'head/kernel': { config: { learning_rate: 0.5 } },
          },
        },
      },
    },
  })
  const again = await readKeras(concatenated(encodeKeras(model)), { where: 'again' })
  const rates = (given: unknown, path: string) =>
    resolveOptimizer(given as OptimizerName).members?.find(({ match }) => match === undefined || matches(match, path))
      ?.optimizer.learningRate
  for (const { path } of model.weights)
    expect(rates(again.compileOptions?.optimizer, path), path).toBe(rates(model.compileOptions?.optimizer, path))
})

test.each(['(a+)+', '(?P<name>a)', 'a*a*a*a*a*b', '[', '(ab){9}'])(
  'an expression that may run for ever, or is not JavaScript’s, is refused: %s',
  async pattern => {
    const model = await readKeras(bytes('training-multi.keras'), { where: 'multi' })
    const config = compileConfig(model)
    const text = JSON.stringify(config).replace('dense_1/bias', pattern)
    expect(text).toContain(pattern)
    expect(() => applyCompileConfig(model, JSON.parse(text), 'multi')).toThrow('an optimizer of Keras')
  },
)

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
