import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { scalar } from '../../src/ops/constants.ts'
import { Executable } from '../../src/runtime/executable.ts'
import { clipGradients } from '../../src/train/gradients.ts'
import { adam, adamW } from '../../src/train/optimizers/adam.ts'
import type { Optimizer } from '../../src/train/optimizers/optimizer.ts'
import { rmsprop } from '../../src/train/optimizers/rmsprop.ts'
import { sgd } from '../../src/train/optimizers/sgd.ts'
import * as decays from '../../src/train/schedules/decays.ts'
import { rateAt, type Schedule } from '../../src/train/schedules/schedule.ts'
import { testEngine } from '../support/run.ts'

interface Golden {
  readonly initial: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[]
  readonly gradients: readonly (readonly (readonly number[])[])[]
  readonly optimizers: readonly {
    readonly optimizer: string
    readonly config: Config
    readonly weights: readonly (readonly (readonly number[])[])[]
  }[]
  readonly scheduleSteps: readonly number[]
  readonly schedules: readonly {
    readonly schedule: string
    readonly config: Config
    readonly values: readonly number[]
  }[]
}
type Config = Readonly<Record<string, unknown>>

// Written by reference/optimizers_keras.py.
const golden: Golden = JSON.parse(readFileSync(new URL('optimizers-keras.json', import.meta.url), 'utf8'))

const schedules: Readonly<Record<string, (config: never) => Schedule>> = {
  ExponentialDecay: decays.exponentialDecay,
  CosineDecay: decays.cosineDecay,
  CosineDecayRestarts: decays.cosineDecayRestarts,
  PiecewiseConstantDecay: decays.piecewiseConstantDecay,
  PolynomialDecay: decays.polynomialDecay,
  InverseTimeDecay: decays.inverseTimeDecay,
}
const optimizers: Readonly<Record<string, (config: object) => Optimizer>> = {
  Adam: adam,
  AdamW: adamW,
  SGD: sgd,
  RMSprop: rmsprop,
}

function makeSchedule(name: string, config: Config): Schedule {
  const make = schedules[name]
  if (!make) throw new Error(`no schedule ${name}`)
  return make(config as never)
}

function makeOptimizer(name: string, config: Config): Optimizer {
  const rate = config['learningRate'] as { schedule: string; config: Config } | number | undefined
  const learningRate = typeof rate === 'object' ? makeSchedule(rate.schedule, rate.config) : rate
  const make = optimizers[name]
  if (!make) throw new Error(`no optimizer ${name}`)
  return make({ ...config, ...(learningRate === undefined ? {} : { learningRate }) })
}

describe('schedules are Keras’s', () => {
  test.each(golden.schedules.map(item => ({ ...item, name: `${item.schedule} ${JSON.stringify(item.config)}` })))(
    '$name',
    async ({ schedule, config, values }) => {
      const step = Value.input({ dtype: 'float32', shape: [] }, 'step')
      const executable = await Executable.create(
        new Graph({ inputs: [step], outputs: [makeSchedule(schedule, config).at(step)] }),
        testEngine,
      )
      for (const [i, at] of golden.scheduleSteps.entries()) {
        const [rate] = await executable.run([fromNumbers('float32', [], [at])])
        expect(Number(rate?.data[0]), `step ${at}`).toBeCloseTo(values[i] ?? Number.NaN, 6)
      }
    },
  )
})

describe('ten steps are Keras’s', () => {
  test.each(golden.optimizers.map(item => ({ ...item, name: `${item.optimizer} ${JSON.stringify(item.config)}` })))(
    '$name',
    async ({ optimizer: name, config, weights }) => {
      const optimizer = makeOptimizer(name, config)
      const input = (label: string, shape: readonly number[]) => Value.input({ dtype: 'float32', shape }, label)
      const step = input('step', [])
      const w = golden.initial.map(({ shape }, i) => input(`w${i}`, shape))
      const g = golden.initial.map(({ shape }, i) => input(`g${i}`, shape))
      const slots = w.map((value, i) => optimizer.slots.map(slot => input(`${slot}${i}`, value.shape.map(Number))))
      const clipped = clipGradients(g, optimizer)
      const coefficients = optimizer.coefficients(rateAt(optimizer.learningRate, step), step)
      const results = w.map((value, i) =>
        optimizer.update(value, clipped[i] ?? scalar(0), slots[i] ?? [], coefficients),
      )
      const graph = new Graph({
        inputs: [step, ...g, ...w, ...slots.flat()],
        outputs: [...results.map(result => result.weight), ...results.flatMap(result => result.slots)],
      })
      const executable = await Executable.create(graph, testEngine)
      let state: TensorData[] = [
        ...golden.initial.map(({ shape, data }) => fromNumbers('float32', shape, data)),
        ...slots
          .flat()
          .map(slot =>
            fromNumbers(
              'float32',
              slot.shape.map(Number),
              new Float32Array(slot.shape.reduce<number>((n, dim) => n * Number(dim), 1)),
            ),
          ),
      ]
      for (const [t, gradients] of golden.gradients.entries()) {
        const feeds = gradients.map((data, i) => fromNumbers('float32', golden.initial[i]?.shape ?? [], data))
        state = await executable.run([fromNumbers('float32', [], [t]), ...feeds, ...state])
        for (const [i, wanted] of (weights[t] ?? []).entries()) {
          const got = toNumbers(state[i] ?? fromNumbers('float32', [], [0]))
          for (const [j, value] of wanted.entries()) {
            expect(
              Math.abs((got[j] ?? Number.NaN) - value) / Math.max(1e-2, Math.abs(value)),
              `step ${t}, weight ${i}, element ${j}: ${got[j]} for ${value}`,
            ).toBeLessThan(2e-5)
          }
        }
      }
    },
  )
})
