import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/core/rng.ts'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { type Engine, layers, optimizers, sequential } from '../../src/index.ts'
import { createEngine, webgpuAvailable } from '../../src/runtime/index.ts'
import { testEngine } from '../support/run.ts'

/**
 * Mixed precision where it belongs: on an adapter that computes in float16. SwiftShader does not (no `shader-f16`); Mesa's
 * lavapipe does, on a CPU. `efficient.test.ts` looks at the graph, and needs no adapter.
 */

const rng = new Rng(9)
const x = fromNumbers(
  'float32',
  [32, 8, 8, 2],
  Array.from({ length: 32 * 128 }, () => rng.normal()),
)
// A class that depends on the images, or there is nothing to learn.
const y = fromNumbers(
  'int32',
  [32],
  Array.from({ length: 32 }, (_, i) => Number((x.data[i * 128] ?? 0) > 0) + 2 * Number((x.data[i * 128 + 1] ?? 0) > 0)),
)

async function trainIn(engine: Engine, precision: 'float32' | 'mixedFloat16') {
  const model = sequential(
    [
      layers.input({ shape: [8, 8, 2] }),
      layers.conv2d({ filters: 8, kernelSize: 3 }),
      layers.batchNormalization(),
      layers.activation({ activation: 'relu' }),
      layers.maxPooling2d(),
      layers.flatten(),
      layers.dense({ units: 16, activation: 'gelu' }),
      layers.layerNormalization(),
      layers.dense({ units: 4, activation: 'softmax' }),
    ],
    { seed: 3 },
  )
  // With the usual first scale, 2^15, the first gradients overflow, and their steps are left out.
  const optimizer = optimizers.lossScaleOptimizer(optimizers.adam(), { initialScale: 256 })
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'], engine, precision })
  const { history } = await model.fit(x, y, { epochs: 8, batchSize: 16, seed: 1 })
  return { losses: history.loss, evaluation: await model.evaluate(x, y), weights: model.getWeights() }
}

test('an adapter without float16 is refused by type, before anything runs', async () => {
  const engine: Engine = { ...testEngine, name: 'webgpu', computesFloat16: async () => false }
  await expect(trainIn(engine, 'mixedFloat16')).rejects.toMatchObject({
    name: 'UnsupportedError',
    message: expect.stringMatching(/shader-f16.*'webgpu' on an adapter without shader-f16/),
  })
})

const adapter = await webgpuAvailable()
const engine = adapter.available ? await createEngine('webgpu') : undefined
const offered = (await engine?.computesFloat16?.()) ?? false
const reason = adapter.available ? 'the adapter has no shader-f16' : adapter.reason

describe.skipIf(!offered)('on an adapter with float16', () => {
  test('training in mixed precision follows training in float32', async () => {
    if (!engine) throw new Error(reason)
    const full = await trainIn(testEngine, 'float32')
    const mixed = await trainIn(engine, 'mixedFloat16')
    // Eleven bits of a mantissa: the same to three digits at first, apart a little as steps add up.
    mixed.losses.forEach((loss, i) => {
      expect(Math.abs(loss - (full.losses[i] ?? Number.NaN))).toBeLessThan(0.02)
    })
    expect(mixed.losses.some((loss, i) => loss !== full.losses[i])).toBe(true)
    expect(mixed.losses.at(-1)).toBeLessThan(0.8 * (mixed.losses[0] ?? 0))
    expect(mixed.evaluation.loss).toBeCloseTo(full.evaluation.loss, 1)
    expect(mixed.weights.every(({ dtype }) => dtype === 'float32')).toBe(true)
  })
})
test.runIf(!offered)('training in mixed precision', ({ skip }) => skip(reason))
