import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { constraints, layers, type Model, model, regularizers } from '../../src/index.ts'
import { fromConfig } from '../../src/train/optimizers/index.ts'
import { testEngine } from '../support/run.ts'
import { uniform } from './hash.ts'

interface Case {
  readonly model: string
  readonly optimizer: string
  readonly config: Readonly<Record<string, unknown>>
  readonly compiled: readonly ('mse' | 'mae' | null)[]
  readonly losses: readonly number[]
  readonly weights: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[]
}

// Written by reference/training_steps.py, which says how inputs, targets and first weights are made.
const golden: { readonly steps: number; readonly batch: number; readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('training-steps.json', import.meta.url), 'utf8'),
)
const { l2 } = regularizers

const models: Readonly<Record<string, () => Model>> = {
  spectral() {
    const x = layers.input({ shape: [4] })
    const inner = layers.dense({
      units: 3,
      activation: 'tanh',
      kernelRegularizer: l2({ l2: 0.1 }),
      kernelConstraint: constraints.maxNorm({ maxValue: 0.9 }),
    })
    const y = layers.spectralNormalization({ layer: inner, powerIterations: 2 })(x)
    return model({ inputs: x, outputs: layers.dense({ units: 2 })(y) })
  },
  heads() {
    const x = layers.input({ shape: [4] })
    const body = layers.dense({ units: 3, activation: 'tanh' })(x)
    const other = layers.dense({ units: 2, kernelConstraint: constraints.unitNorm(), name: 'other' })(body)
    return model({ inputs: x, outputs: [layers.dense({ units: 2, name: 'main' })(body), other] })
  },
  states() {
    const x = layers.input({ shape: [5, 3] })
    const recurrent = layers.lstm({
      units: 2,
      returnSequences: true,
      returnState: true,
      activityRegularizer: l2({ l2: 0.2 }),
    })
    const [sequence, h, c] = recurrent(x)
    const pooled = layers.globalAveragePooling1d()(sequence)
    return model({ inputs: x, outputs: layers.dense({ units: 1 })(layers.concatenate()([pooled, h, c])) })
  },
  scores() {
    const x = layers.input({ shape: [5, 4] })
    const attention = layers.groupedQueryAttention({
      headDim: 2,
      numQueryHeads: 4,
      numKeyValueHeads: 2,
      activityRegularizer: l2({ l2: 0.2 }),
    })
    const [y] = attention([x, x], { returnAttentionScores: true })
    return model({ inputs: x, outputs: layers.dense({ units: 1 })(layers.globalAveragePooling1d()(y)) })
  },
  gate() {
    const x = layers.input({ shape: [5, 4] })
    const y = layers.multiHeadAttention({
      numHeads: 2,
      keyDim: 2,
      useGate: true,
      activityRegularizer: l2({ l2: 0.2 }),
    })([x, x])
    return model({ inputs: x, outputs: layers.dense({ units: 1 })(layers.globalAveragePooling1d()(y)) })
  },
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((n, dim) => n * dim, 1)

test.each(golden.cases)(
  'training steps are Keras’s: $model with $optimizer, losses $compiled',
  async ({ model: name, optimizer, config, compiled, losses, weights }) => {
    const net = models[name]?.()
    if (!net) throw new Error(`no model ${name}`)
    expect(net.weights.map(({ shape }) => shape)).toEqual(weights.map(({ shape }) => shape))
    net.setWeights(
      weights.map(({ shape }, i) => ({ dtype: 'float32', shape, data: uniform(100 + i, sizeOf(shape), 0.8) })),
    )
    net.compile({ optimizer: fromConfig({ type: optimizer, config }), loss: compiled, engine: testEngine })
    const drawn = (seed: number, own: readonly (number | string | null)[], limit: number) => {
      const shape = [golden.batch, ...own.map(Number)]
      return { dtype: 'float32', shape, data: uniform(seed, sizeOf(shape), limit) } as const
    }
    for (let t = 0; t < golden.steps; t++) {
      const [input] = net.network.inputs
      const targets = net.network.outputs.flatMap(({ type: { shape } }, i) =>
        compiled[i] ? [drawn(2000 + 10 * t + i, shape.slice(1), 1)] : [],
      )
      const { loss } = await net.trainOnBatch(drawn(1000 + 10 * t, input?.shape ?? [], 1.5), targets)
      expect(loss, `loss of step ${t}`).toBeCloseTo(losses[t] ?? Number.NaN, 5)
    }
    for (const [i, { data }] of net.getWeights().entries())
      for (const [j, value] of data.entries())
        expect(value, `${net.weights[i]?.path}, element ${j}`).toBeCloseTo(weights[i]?.data[j] ?? Number.NaN, 5)
  },
)
