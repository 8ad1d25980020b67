import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import { layers, model, sequential } from '../../src/index.ts'
import { applyLayer } from '../../src/nn/make-layer.ts'
import { scalar } from '../../src/ops/constants.ts'
import { caseName, checkLayer, difference, type LayerCase, type Numbers } from '../support/layer-golden.ts'
import { evaluate } from '../support/run.ts'

interface Shared {
  readonly config: { readonly momentum: number }
  readonly inputs: readonly Numbers[]
  readonly weights: readonly Numbers[]
  readonly outputs: readonly Numbers[]
  readonly updated: readonly Numbers[]
}

// Written by reference/time_distributed.py.
const golden: { readonly layers: readonly LayerCase[]; readonly shared: Shared } = JSON.parse(
  readFileSync(new URL('time-distributed.json', import.meta.url), 'utf8'),
)

/** Outputs and updated weights of a network in training. */
async function trained(
  network: ReturnType<typeof model>['network'],
  inputs: readonly Numbers[],
  weights?: readonly Numbers[],
) {
  const feeds = new Map<Value, TensorData>()
  const feed = ({ shape, data }: Numbers): Value => {
    const value = Value.input({ dtype: 'float32', shape })
    feeds.set(value, fromNumbers('float32', shape, data))
    return value
  }
  const given = new Map(
    network.variables.map((variable, i) => [
      variable,
      feed(weights?.[i] ?? { shape: variable.shape, data: Array.from(variable.value.data) }),
    ]),
  )
  const traced = network.trace(inputs.map(feed), {
    training: true,
    weight: variable => given.get(variable) ?? scalar(0),
    key: () => scalar(0, 'int64'),
  })
  const after = network.variables.map(variable => traced.updates.get(variable) ?? given.get(variable) ?? scalar(0))
  return {
    results: await evaluate([...traced.outputs, ...after, ...traced.losses], feeds),
    losses: traced.losses.length,
  }
}

describe('timeDistributed is Keras’s: step by step where that makes a difference', () => {
  test.each(golden.layers.map(item => ({ ...item, title: caseName(item) })))('$title', async item => {
    await checkLayer(item)
  })

  test('a layer applied twice goes on from its own updates', async () => {
    const { config, inputs, weights, outputs, updated } = golden.shared
    const layer = layers.batchNormalization(config)
    const heads = inputs.map(({ shape }) => layers.input({ shape: shape.slice(1) }))
    const net = model({ inputs: heads, outputs: heads.map(head => layer(head)) })
    const { results } = await trained(net.network, inputs, weights)
    for (const [i, want] of [...outputs, ...updated].entries())
      expect(difference(results[i], want, `${i}`)).toBeLessThan(2e-5)
  })

  test('a model inside is called for each step: penalties add up, and the layers in it see one step at a time', async () => {
    const inside = sequential([
      layers.input({ shape: [4] }),
      layers.batchNormalization({ momentum: 0.5 }),
      layers.activityRegularization({ l2: 0.1 }),
    ])
    const sequences = layers.input({ shape: [3, 4] })
    const whole = model({ inputs: sequences, outputs: layers.timeDistributed({ layer: inside })(sequences) })
    const x = golden.layers[0]?.inputs[0]
    if (!x) throw new Error('an input')
    const { results, losses } = await trained(whole.network, [x])
    // By hand, in the order of the steps: statistics of two samples each, and Σ y² · 0.1 / samples.
    const at = (sample: number, t: number, i: number) => x.data[(sample * 3 + t) * 4 + i] ?? 0
    const [mean, variance] = [
      [0, 0, 0, 0],
      [1, 1, 1, 1],
    ]
    const penalties: number[] = []
    for (let t = 0; t < 3; t++) {
      let penalty = 0
      for (let i = 0; i < 4; i++) {
        const [a, b] = [at(0, t, i), at(1, t, i)]
        const [m, v] = [(a + b) / 2, ((a - b) / 2) ** 2]
        mean[i] = 0.5 * (mean[i] ?? 0) + 0.5 * m
        variance[i] = 0.5 * (variance[i] ?? 0) + 0.5 * v
        penalty += ((a - m) ** 2 + (b - m) ** 2) / (v + 1e-3)
      }
      penalties.push((0.1 * penalty) / 2)
    }
    expect(losses).toBe(3)
    const [, , , movingMean, movingVariance, ...found] = results
    expect(difference(movingMean, { shape: [4], data: mean }, 'mean')).toBeLessThan(1e-5)
    expect(difference(movingVariance, { shape: [4], data: variance }, 'variance')).toBeLessThan(1e-5)
    found.forEach((loss, t) => {
      expect(difference(loss, { shape: [], data: [penalties[t] ?? Number.NaN] }, `loss ${t}`)).toBeLessThan(1e-5)
    })
  })

  test('dropout draws for each step, also where a step shares one mask', async () => {
    const shared = layers.timeDistributed({ layer: layers.dropout({ rate: 0.5, noiseShape: [1, null] }) })
    const sequences = layers.input({ shape: [6, 32] })
    const net = model({ inputs: sequences, outputs: shared(sequences) })
    const ones: Numbers = { shape: [4, 6, 32], data: new Array<number>(4 * 6 * 32).fill(1) }
    const drawn = Value.input({ dtype: 'float32', shape: ones.shape })
    const { outputs } = net.network.trace([drawn], {
      training: true,
      weight: () => scalar(0),
      key: path =>
        Value.constant({ dtype: 'int64', shape: [2], data: BigInt64Array.of(5n, BigInt(path.length * 7919)) }),
    })
    const [y] = await evaluate(outputs, new Map([[drawn, fromNumbers('float32', ones.shape, ones.data)]]))
    const numbers = y ? toNumbers(y) : new Float64Array()
    const rows = Array.from({ length: 24 }, (_, i) => numbers.slice(i * 32, i * 32 + 32).join())
    const ofSample = (sample: number) => rows.slice(sample * 6, sample * 6 + 6)
    for (const sample of [1, 2, 3]) expect(ofSample(sample)).toEqual(ofSample(0))
    // Paths of two lengths: that of the first step, and those of the later ones.
    expect(new Set(ofSample(0)).size).toBe(2)
  })

  test('a layer that changes as it runs needs to know how many steps there are', () => {
    const stateful = layers.timeDistributed({ layer: layers.gru({ units: 2, stateful: true }) })
    expect(() => applyLayer(stateful, layers.input({ shape: [null, 3, 4], batchSize: 2 }))).toThrow(
      'a known number of steps',
    )
    expect(applyLayer(stateful, layers.input({ shape: [5, 3, 4], batchSize: 2 }))).toMatchObject({ shape: [5, 2] })
  })
})
