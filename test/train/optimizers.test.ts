import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Rng } from '../../src/core/rng.ts'
import { fromNumbers, type TensorData } from '../../src/core/tensor-data.ts'
import { type Callback, callbacks, layers, optimizers, schedules, sequential } from '../../src/index.ts'
import { resolveConstraint } from '../../src/nn/constraints.ts'
import { prepareStep } from '../support/optimizer-step.ts'

const {
  adafactor,
  adam,
  adamW,
  fromConfig,
  lamb,
  lion,
  lossScaleOptimizer,
  muon,
  nadam,
  rmsprop,
  scheduleFreeAdamW,
  sgd,
  toConfig,
} = optimizers

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenon-optimizers-'))
})
afterAll(() => rm(folder, { recursive: true }))

const rng = new Rng(8)
const x = fromNumbers(
  'float32',
  [40, 3],
  Float32Array.from({ length: 120 }, () => rng.normal()),
)
const y = fromNumbers(
  'float32',
  [40, 1],
  Float32Array.from({ length: 40 }, (_, i) => (x.data[3 * i] ?? 0) * 2 + 1),
)

function model(optimizer: optimizers.Optimizer, seed = 1) {
  const made = sequential(
    [
      layers.input({ shape: [3] }),
      layers.dense({ units: 6, activation: 'tanh' }),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: 1 }),
    ],
    { seed },
  )
  made.compile({ optimizer, loss: 'meanSquaredError' })
  return made
}
const bits = (weights: readonly TensorData<'float32'>[]) =>
  weights.map(({ data }) => [...new Uint32Array(data.slice().buffer)])

describe('a run killed in mid-epoch and resumed equals an unbroken one, bit for bit', () => {
  const cases: Readonly<Record<string, () => optimizers.Optimizer>> = {
    'Lamb, whole weights': () => lamb({ learningRate: 0.02 }),
    'Adafactor, accumulating and averaging': () =>
      adafactor({
        learningRate: 0.1,
        gradientAccumulationSteps: 3,
        useEma: true,
        emaMomentum: 0.9,
        emaOverwriteFrequency: 2,
      }),
    'Adam, accumulating and averaging': () => adam({ learningRate: 0.02, gradientAccumulationSteps: 3, useEma: true }),
    'Muon under loss scaling': () => lossScaleOptimizer(muon({ learningRate: 0.02 }), { dynamicGrowthSteps: 4 }),
    'Nadam, with its product of momentums': () => nadam({ learningRate: 0.02 }),
    'ScheduleFreeAdamW, whose slot starts at the weights': () => scheduleFreeAdamW({ learningRate: 0.02 }),
  }
  test.each(Object.entries(cases))('%s', async (name, make) => {
    const options = { epochs: 4, batchSize: 6, seed: 9 }
    const whole = model(make())
    const before = bits(whole.getWeights())
    const unbroken = await whole.fit(x, y, options)
    expect(bits(whole.getWeights())).not.toEqual(before)

    const path = join(folder, `${name}.ckpt`)
    const killed: Callback = {
      onBatchEnd: ({ epoch, step }) => {
        if (epoch === 2 && step === 4) throw new Error('killed')
      },
    }
    await expect(
      model(make()).fit(x, y, { ...options, callbacks: [killed], checkpoint: { path, everySteps: 2 } }),
    ).rejects.toThrow('killed')
    const resumed = model(make(), 77)
    const result = await resumed.fit(x, y, { ...options, checkpoint: { path, everySteps: 2 } })
    expect(bits(resumed.getWeights())).toEqual(bits(whole.getWeights()))
    expect(result.history).toEqual(unbroken.history)
  })
})

describe('large weights, which are updated in chunks, are updated as small ones are', () => {
  // 900 × 1000 elements take the chunked path; the first of them have the small weight's values and gradients.
  const small = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i + 1))
  const large = new Float32Array(900 * 1000)
  large.set(small)
  const cases: Readonly<Record<string, () => optimizers.Optimizer>> = {
    adam: () => adam({ learningRate: 0.05 }),
    'with averages': () => adam({ learningRate: 0.05, useEma: true, emaMomentum: 0.7, emaOverwriteFrequency: 2 }),
    'with accumulation': () => rmsprop({ learningRate: 0.05, gradientAccumulationSteps: 2, weightDecay: 0.1 }),
    'with both': () => lion({ learningRate: 0.05, gradientAccumulationSteps: 2, useEma: true, emaMomentum: 0.5 }),
    'under loss scaling': () =>
      lossScaleOptimizer(sgd({ learningRate: 0.05, momentum: 0.9 }), { dynamicGrowthSteps: 2 }),
  }
  test.each(Object.entries(cases))('%s', async (_, make) => {
    const step = await prepareStep(make(), [
      { name: 'a/kernel', shape: [3, 4], data: small },
      { name: 'b/kernel', shape: [900, 1000], data: large },
    ])
    expect(step.slabs.some(slab => slab.name === 'weights:b/kernel' && slab.output?.shape[0] === 4)).toBe(true)
    for (let t = 0; t < 5; t++) {
      const g = Float32Array.from({ length: 12 }, (_, i) => Math.cos(i * (t + 1)))
      const wide = new Float32Array(large.length)
      wide.set(g)
      await step.run([g, wide])
      const [a, b] = step.read()
      expect(b?.slice(0, 12)).toEqual(a)
    }
    step.state.useAverages()
    const [a, b] = step.read()
    expect(b?.slice(0, 12)).toEqual(a)
  })
})

describe('gradient accumulation', () => {
  test('leaves weights as they are, bit for bit, until the last of the steps, which takes the mean', async () => {
    const step = await prepareStep(sgd({ learningRate: 1, gradientAccumulationSteps: 3 }), [
      { name: 'w', shape: [2], data: [1, 2] },
    ])
    const seen: unknown[] = []
    for (const g of [
      [3, 0],
      [6, 3],
      [0, 3],
      [1, 1],
      [1, 1],
      [1, 4],
    ]) {
      await step.run([g])
      seen.push(step.read()[0])
    }
    expect(seen).toEqual([
      [1, 2],
      [1, 2],
      [-2, 0],
      [-2, 0],
      [-2, 0],
      [-3, -2],
    ])
  })
})

describe('loss scaling', () => {
  test('a step with a gradient that is not finite changes nothing but the scale', async () => {
    const step = await prepareStep(
      lossScaleOptimizer(adam({ learningRate: 0.1 }), { initialScale: 64, dynamicGrowthSteps: 2 }),
      [
        { name: 'a', shape: [2], data: [1, 2] },
        { name: 'b', shape: [1], data: [3] },
      ],
    )
    const scale = () => step.state.find('lossScale')?.current[0]
    const all = () => step.state.memories.filter(({ slab }) => !/^(counter|lossScale)/.test(slab.name))
    await step.run([[1, 1], [1]])
    expect(scale()).toBe(64)
    await step.run([[1, 1], [1]])
    expect(scale()).toBe(128) // two good steps in a row
    const before = all().map(({ current }) => Array.from(current, Number))
    for (const bad of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]) await step.run([[1, 1], [bad]])
    expect(scale()).toBe(16)
    expect(all().map(({ current }) => Array.from(current, Number))).toEqual(before)
    await step.run([[1, 1], [1]])
    expect(step.read()[0]?.[0]).toBeLessThan(0.8)
    expect(scale()).toBe(16)
  })

  test('a constant factor changes nothing where nothing vanishes', async () => {
    const run = async (lossScaleFactor: number | null) => {
      const step = await prepareStep(adam({ learningRate: 0.1, lossScaleFactor }), [
        { name: 'w', shape: [2], data: [1, 2] },
      ])
      await step.run([[0.3, -0.7]])
      return step.read()
    }
    expect(await run(1024)).toEqual(await run(null))
  })
})

describe('parameter groups and exclusions', () => {
  const weights = [
    { name: 'encoder/kernel', shape: [2], data: [1, 1] },
    { name: 'encoder/bias', shape: [2], data: [1, 1] },
    { name: 'head/kernel', shape: [2], data: [1, 1] },
  ]
  const stepped = async (optimizer: optimizers.Optimizer) => {
    const step = await prepareStep(optimizer, weights)
    await step.run([
      [0.5, 0.5],
      [0.5, 0.5],
      [0.5, 0.5],
    ])
    return step.read().map(([first]) => Number(first?.toFixed(6)))
  }

  test('a factor of the learning rate, for weights by name, RegExp or function', async () => {
    const groups = (match: optimizers.PathMatch) =>
      sgd({ learningRate: 0.1, parameterGroups: [{ match, learningRateMultiplier: 0.1 }] })
    expect(await stepped(groups('bias'))).toEqual([0.95, 0.995, 0.95])
    expect(await stepped(groups(/^encoder\//))).toEqual([0.995, 0.995, 0.95])
    expect(await stepped(groups(path => path === 'head/kernel'))).toEqual([0.95, 0.95, 0.995])
  })
  test('a factor of 0 freezes', async () => {
    const frozen = sgd({ parameterGroups: [{ match: /encoder/, learningRateMultiplier: 0 }] })
    expect(await stepped(frozen)).toEqual([1, 1, 0.995])
  })
  test('weight decay: excluded weights, and groups with one of their own', async () => {
    // Without decay 0.95; with it, 0.1 · decay less.
    const decaying = (options: optimizers.OptimizerOptions) => sgd({ learningRate: 0.1, weightDecay: 0.5, ...options })
    expect(await stepped(decaying({}))).toEqual([0.9, 0.9, 0.9])
    expect(await stepped(decaying({ excludeFromWeightDecay: ['bias'] }))).toEqual([0.9, 0.95, 0.9])
    expect(await stepped(decaying({ excludeFromWeightDecay: path => path.startsWith('head') }))).toEqual([
      0.9, 0.9, 0.95,
    ])
    expect(
      await stepped(
        decaying({
          parameterGroups: [
            { match: 'bias', weightDecay: null },
            { match: /head/, weightDecay: 1 },
          ],
        }),
      ),
    ).toEqual([0.9, 0.95, 0.85])
  })
  test('weights of the same treatment share a slab', async () => {
    const { slabs } = await prepareStep(adamW({ excludeFromWeightDecay: 'bias' }), weights)
    const names = slabs.map(slab => slab.name).filter(name => name.startsWith('weights:'))
    expect(names).toEqual(['weights:small', 'weights:encoder/bias'])
  })
})

describe('running averages', () => {
  test('take the place of the weights when fit returns', async () => {
    const m = model(sgd({ learningRate: 0.05, useEma: true, emaMomentum: 0.5 }))
    const seen: Float32Array[] = []
    const watch: Callback = { onBatchEnd: () => void seen.push(m.getWeights()[0]?.data.slice() ?? new Float32Array()) }
    await m.fit(x, y, { batchSize: 20, epochs: 2, seed: 1, callbacks: [watch] })
    // The average begins with the first weights that it sees.
    const average = seen
      .slice(1)
      .reduce((sum, w) => sum.map((s, i) => 0.5 * s + 0.5 * (w[i] ?? 0)), seen[0] ?? new Float32Array())
    const final = m.getWeights()[0]?.data ?? []
    expect(final.length).toBe(average.length)
    average.forEach((value, i) => {
      expect(final[i]).toBeCloseTo(value, 6)
    })
  })

  test('swapEmaWeights validates with them and does not disturb training', async () => {
    const make = () => model(sgd({ learningRate: 0.05, useEma: true, emaMomentum: 0.9 }))
    const options = { batchSize: 10, epochs: 3, seed: 1, validationSplit: 0.25 }
    const [plain, swapping] = [make(), make()]
    const a = await plain.fit(x, y, options)
    const between: number[][] = []
    const b = await swapping.fit(x, y, {
      ...options,
      callbacks: [
        callbacks.swapEmaWeights({ swapOnEpoch: true }),
        { onEpochEnd: () => void between.push(Array.from(swapping.getWeights()[0]?.data ?? [])) },
      ],
    })
    expect(b.history.loss).toEqual(a.history.loss)
    expect(b.history.valLoss).not.toEqual(a.history.valLoss)
    expect(bits(swapping.getWeights())).toEqual(bits(plain.getWeights()))
    // After the last epoch the model holds what it ends with.
    expect(between.at(-1)).toEqual(Array.from(swapping.getWeights()[0]?.data ?? []))
    expect(between).toHaveLength(3)
  })

  test('swapEmaWeights needs an optimizer that keeps averages', async () => {
    await expect(
      model(sgd()).fit(x, y, { validationSplit: 0.2, callbacks: [callbacks.swapEmaWeights()] }),
    ).rejects.toThrow(/running averages: expected an optimizer that keeps them, received sgd. Make it with useEma/)
  })
})

test('constraints hold after each step, whatever the layout', async () => {
  const step = await prepareStep(sgd({ learningRate: 1 }), [
    { name: 'a', shape: [2, 2], data: [1, 1, 1, 1], constraint: resolveConstraint('unitNorm', 'test') },
    { name: 'b', shape: [2], data: [0.5, 0.5], constraint: resolveConstraint('nonNeg', 'test') },
    { name: 'c', shape: [2], data: [0.5, 0.5] },
  ])
  await step.run([
    [0.1, -0.2, 0.3, 0.4],
    [1, -1],
    [1, -1],
  ])
  const [a = [], b, c] = step.read()
  expect(Math.hypot(a[0] ?? 0, a[2] ?? 0)).toBeCloseTo(1, 5)
  expect(Math.hypot(a[1] ?? 0, a[3] ?? 0)).toBeCloseTo(1, 5)
  expect(b?.[0]).toBe(0)
  expect(c?.[0]).toBeCloseTo(-0.5, 5)
})

describe('serialised forms', () => {
  test('hold schedules, expressions and optimizers within, as plain JSON', () => {
    const made = lossScaleOptimizer(
      adamW({
        learningRate: schedules.cosineDecay({
          initialLearningRate: 0.1,
          decaySteps: 10,
          warmupTarget: 0.3,
          warmupSteps: 2,
        }),
        excludeFromWeightDecay: ['bias', /^norm\//i],
        parameterGroups: [{ match: /head/, learningRateMultiplier: 10, weightDecay: null }],
      }),
      { initialScale: 16 },
    )
    const form = toConfig(made)
    expect(form).toMatchObject({
      type: 'LossScaleOptimizer',
      config: {
        initialScale: 16,
        innerOptimizer: {
          type: 'AdamW',
          config: {
            learningRate: { type: 'CosineDecay', config: { decaySteps: 10 } },
            excludeFromWeightDecay: ['bias', { source: '^norm\\/', flags: 'i' }],
          },
        },
      },
    })
    const again = fromConfig(JSON.parse(JSON.stringify(form)))
    expect(toConfig(again)).toEqual(form)
    expect(again.parameterGroups[0]).toMatchObject({ match: /head/, learningRateMultiplier: 10, weightDecay: null })
  })

  test('functions cannot be written', () => {
    expect(() => toConfig(adam({ excludeFromWeightDecay: path => path === 'a' }))).toThrow(
      /optimizer: expected weights chosen by name or by a RegExp/,
    )
  })

  test('unknown optimizers and wrong options are refused', () => {
    expect(() => fromConfig({ type: 'Magic', config: {} })).toThrow(/an optimizer among adam, .*, received 'Magic'/)
    expect(() => fromConfig({ type: 'Adam', config: { beta1: 'x' } })).toThrow(/adam: expected 'beta1' from 0 to 1/)
    expect(() => fromConfig({ type: 'Adam', config: { learningRate: { type: 'X', config: {} } } })).toThrow(
      /a schedule/,
    )
    expect(() => fromConfig({ type: 'LossScaleOptimizer', config: {} })).toThrow(/'innerOptimizer' as/)
  })
})

describe('bad options', () => {
  const schedule = { initialLearningRate: 0.1, decaySteps: 10 }
  test.each<[string, () => unknown, RegExp]>([
    ['learning rate', () => adam({ learningRate: Number.NaN }), /adam: expected 'learningRate' to be a finite number/],
    ['two clips', () => sgd({ clipnorm: 1, clipvalue: 1 }), /at most one of 'clipnorm', 'clipvalue'/],
    ['clip', () => sgd({ clipnorm: -1 }), /'clipnorm' to be a finite number above 0/],
    ['decay', () => adamW({ weightDecay: -1 }), /adamW: expected 'weightDecay'/],
    [
      'accumulation',
      () => lamb({ gradientAccumulationSteps: 1 }),
      /'gradientAccumulationSteps' to be an integer, 2 or/,
    ],
    ['average', () => adam({ useEma: true, emaMomentum: 2 }), /'emaMomentum' from 0 to 1/],
    ['overwriting', () => adam({ emaOverwriteFrequency: 0 }), /'emaOverwriteFrequency' to be an integer, 1 or/],
    ['expression', () => adam({ excludeFromWeightDecay: '(' }), /'excludeFromWeightDecay' to be a regular expression/],
    ['multiplier', () => adam({ parameterGroups: [{ match: 'a', learningRateMultiplier: -1 }] }), /Multiplier'/],
    ['momentum', () => sgd({ momentum: 2 }), /sgd: expected 'momentum' from 0 to 1/],
    ['lion', () => lion({ beta1: 0 }), /lion: expected 'beta1' above 0/],
    ['ftrl', () => optimizers.ftrl({ learningRatePower: 1 }), /'learningRatePower' to be 0 or below/],
    ['muon', () => muon({ nsSteps: 0.5 }), /'nsSteps' to be an integer/],
    ['layers', () => muon({ excludeLayers: ['('] }), /'excludeLayers' to be regular expressions/],
    ['scales', () => lossScaleOptimizer(lossScaleOptimizer(sgd())), /an optimizer without loss scaling/],
    ['growth', () => lossScaleOptimizer(sgd(), { dynamicGrowthSteps: 0 }), /'dynamicGrowthSteps'/],
    [
      'steps',
      () => schedules.cosineDecay({ ...schedule, decaySteps: 0 }),
      /'decaySteps' to be a finite number above 0/,
    ],
    ['rate', () => schedules.exponentialDecay({ ...schedule, decayRate: Number.NaN }), /'decayRate'/],
    [
      'boundaries',
      () => schedules.piecewiseConstantDecay({ boundaries: [3, 2], values: [1, 2, 3] }),
      /boundaries that increase, received \[3, 2\]/,
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})
