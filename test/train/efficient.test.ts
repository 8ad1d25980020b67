import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/core/rng.ts'
import { fromNumbers, toNumbers } from '../../src/core/tensor-data.ts'
import { layers, losses, sequential, sgd } from '../../src/index.ts'
import { batchTypes } from '../../src/train/batch-types.ts'
import { DataSource } from '../../src/train/data-source.ts'
import { resolveOptimizer } from '../../src/train/optimizers/index.ts'
import { scaledFor } from '../../src/train/precision.ts'
import { evaluateProgram, trainProgram } from '../../src/train/step.ts'
import { Trainer } from '../../src/train/trainer.ts'
import { testEngine } from '../support/run.ts'

const rng = new Rng(4)
const random = (...shape: number[]) =>
  fromNumbers(
    'float32',
    shape,
    Array.from({ length: shape.reduce((n, dim) => n * dim, 1) }, () => rng.normal()),
  )
const [x, y] = [random(16, 8, 8, 2), random(16, 3)]
const network = () =>
  sequential(
    [
      layers.input({ shape: [8, 8, 2] }),
      layers.conv2d({ filters: 4, kernelSize: 3, name: 'first' }),
      layers.batchNormalization(),
      layers.activation({ activation: 'tanh', name: 'second' }),
      layers.flatten(),
      layers.dense({ units: 16, activation: 'gelu' }),
      layers.dropout({ rate: 0.25 }),
      layers.layerNormalization(),
      layers.dense({ units: 3 }),
    ],
    { seed: 3 },
  )

describe('rematerialisation by layer', () => {
  test('gives the same training, and computes the named layers twice', async () => {
    const [plain, remat] = [network(), network()]
    plain.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' })
    remat.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError', rematerialize: ['second'] })
    await plain.fit(x, y, { epochs: 2, batchSize: 8, seed: 1 })
    await remat.fit(x, y, { epochs: 2, batchSize: 8, seed: 1 })
    plain.getWeights().forEach((weight, i) => {
      const other = toNumbers(remat.getWeights()[i] ?? weight)
      toNumbers(weight).forEach((value, k) => {
        expect(other[k]).toBeCloseTo(value, 5)
      })
    })
  })
  test('names that are no layers are refused', async () => {
    const model = network()
    model.compile({ loss: 'meanSquaredError', rematerialize: ['third'] })
    await expect(model.fit(x, y)).rejects.toThrow(/name layers among first, .*'third'/)
  })
})

describe('mixed precision', () => {
  test('is refused where the engine has no float16 kernels, with the reason', async () => {
    const model = network()
    model.compile({ loss: 'meanSquaredError', precision: 'mixedFloat16' })
    await expect(model.fit(x, y)).rejects.toThrow(/float16 kernels.*'webgpu'.*'cpu'/s)
  })

  // The engine for CPUs computes float16 by way of float32: slow, but it shows that the graph is right.
  test('computes layers in float16, keeps weights and loss in float32, scales the loss, and learns', async () => {
    const recipe = (precision: 'float32' | 'mixedFloat16') => {
      const model = network()
      return {
        network: model.network,
        objectives: [{ loss: losses.meanSquaredError(), weight: 1, metrics: [] }],
        optimizer: scaledFor(precision, resolveOptimizer('adam')),
        precision,
        trained: model.network.variables.filter(variable => variable.trainable),
      }
    }
    const { network: net, objectives } = recipe('float32')
    const source = DataSource.create(x, y, net, objectives)
    const types = batchTypes(source, 16)
    const { graph } = trainProgram(recipe('mixedFloat16'), types)
    const products = graph.nodes.filter(node => ['Conv', 'MatMul', 'Gemm'].includes(node.type))
    expect(products.length).toBeGreaterThan(4)
    expect(products.every(node => node.outputs[0]?.dtype === 'float16')).toBe(true)
    expect(graph.outputs[0]?.dtype).toBe('float32')
    expect(evaluateProgram(recipe('mixedFloat16'), types).graph.outputs[0]?.dtype).toBe('float32')

    const run = async (precision: 'float32' | 'mixedFloat16') => {
      const trainer = new Trainer(recipe(precision), testEngine)
      const runner = await trainer.prepare(source, 16)
      const found: number[] = []
      for (let i = 0; i < 30; i++) found.push(await trainer.step(runner, [x, y]))
      return found
    }
    const [full, mixed] = [await run('float32'), await run('mixedFloat16')]
    expect(mixed[0]).toBeCloseTo(full[0] ?? 0, 1)
    expect(mixed.at(-1)).toBeLessThan(0.8 * (mixed[0] ?? 0))
  })
})
