import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { resolveConstraint } from '../../src/nn/constraints.ts'
import type { Serialized } from '../../src/nn/serialized.ts'
import { Executable } from '../../src/runtime/executable.ts'
import { fromConfig, toConfig } from '../../src/train/optimizers/index.ts'
import type { Optimizer } from '../../src/train/optimizers/optimizer.ts'
import { resolveSchedule } from '../../src/train/schedules/resolve.ts'
import { prepareStep } from '../support/optimizer-step.ts'
import { testEngine } from '../support/run.ts'

type Config = Readonly<Record<string, unknown>>
interface Case {
  readonly optimizer: string
  readonly config: Config & { readonly constraint?: string; readonly exclude?: readonly string[] }
  /** All variables end to end, after each step. */
  readonly weights: readonly (readonly number[])[]
  /** After `finalize_variable_values`, where there are averages. */
  readonly finalized?: readonly number[]
  /** The loss scale at the end, where there is one. */
  readonly scale?: number
  /** What `get_config` says. */
  readonly keras: Config
}
interface Golden {
  readonly initial: readonly {
    readonly name: string
    readonly shape: readonly number[]
    readonly data: readonly number[]
  }[]
  readonly overflows: readonly [number, number]
  readonly gradients: readonly (readonly (readonly number[])[])[]
  readonly optimizers: readonly Case[]
  readonly scheduleSteps: readonly number[]
  readonly schedules: readonly {
    readonly schedule: string
    readonly config: Config
    readonly values: readonly number[]
  }[]
}

// Written by reference/optimizers_keras.py.
const golden: Golden = JSON.parse(readFileSync(new URL('optimizers-keras.json', import.meta.url), 'utf8'))

/** As it comes back from a file: every case goes through plain JSON once. */
function makeOptimizer(type: string, { constraint, exclude, inner, ...config }: Case['config']): Optimizer {
  // A pair [name, config] that the reference wrote as a serialised form.
  const innerOptimizer = inner && toConfig(fromConfig(inner as Serialized))
  const made = fromConfig({
    type,
    config: {
      ...config,
      ...(exclude ? { excludeFromWeightDecay: exclude } : {}),
      ...(innerOptimizer ? { innerOptimizer } : {}),
    },
  })
  return fromConfig(JSON.parse(JSON.stringify(toConfig(made))))
}

describe('schedules are Keras’s', () => {
  test.each(golden.schedules.map(item => ({ ...item, name: `${item.schedule} ${JSON.stringify(item.config)}` })))(
    '$name',
    async ({ schedule, config, values }) => {
      const first = resolveSchedule({ type: schedule, config }, 'test')
      expect(first.config).toMatchObject(config)
      const made = resolveSchedule(JSON.parse(JSON.stringify({ type: schedule, config: first.config })), 'test')
      const step = Value.input({ dtype: 'float32', shape: [] }, 'step')
      const executable = await Executable.create(new Graph({ inputs: [step], outputs: [made.at(step)] }), testEngine)
      for (const [i, at] of golden.scheduleSteps.entries()) {
        const [rate] = await executable.run([fromNumbers('float32', [], [at])])
        expect(Number(rate?.data[0]), `step ${at}`).toBeCloseTo(values[i] ?? Number.NaN, 6)
      }
    },
  )
})

describe('ten steps are Keras’s', () => {
  let worst = 0
  test.each(golden.optimizers.map(item => ({ ...item, name: `${item.optimizer} ${JSON.stringify(item.config)}` })))(
    '$name',
    async item => {
      const optimizer = makeOptimizer(item.optimizer, item.config)
      const { constraint } = item.config
      const { state, run, read } = await prepareStep(
        optimizer,
        golden.initial.map(weight => ({
          ...weight,
          constraint: resolveConstraint(constraint ? { type: constraint, config: {} } : null, 'test'),
        })),
      )
      const compare = (wanted: readonly number[] | undefined, what: string) => {
        const got = read()
        expect(got.flat()).toHaveLength(wanted?.length ?? 0)
        let at = 0
        for (const [i, weight] of got.entries()) {
          const values = (wanted ?? []).slice(at, at + weight.length)
          at += weight.length
          // Relative to the weight's largest element: one on its way through 0 has the rounding errors of where it came from.
          const size = Math.max(...values.map(Math.abs))
          for (const [j, value] of values.entries()) {
            const error = Math.abs((weight[j] ?? Number.NaN) - value) / size
            worst = Math.max(worst, error)
            expect(error, `${what}, weight ${i}, element ${j}: ${weight[j]} for ${value}`).toBeLessThan(1e-5)
          }
        }
      }
      for (const [t, gradients] of golden.gradients.entries()) {
        const overflow = item.scale === undefined ? -1 : golden.overflows.indexOf(t)
        await run(
          gradients.map((data, i) =>
            i === 1 && overflow >= 0
              ? [overflow === 0 ? Number.POSITIVE_INFINITY : Number.NaN, ...data.slice(1)]
              : data,
          ),
        )
        compare(item.weights[t], `step ${t}`)
      }
      if (item.scale !== undefined) expect(state.find('lossScale')?.current[0]).toBe(item.scale)
      expect(state.hasAverages).toBe(item.finalized !== undefined)
      if (item.finalized) {
        state.useAverages()
        compare(item.finalized, 'finalized')
      }
    },
  )

  test('with a worst relative error below 1e-5', () => {
    expect(worst).toBeGreaterThan(0)
    expect(worst, `worst relative error ${worst}`).toBeLessThan(1e-5)
  })

  test.each(golden.optimizers.map(item => ({ ...item, name: `${item.optimizer} ${JSON.stringify(item.config)}` })))(
    'the config of $name',
    ({ optimizer, config, keras }) => {
      const made = toConfig(makeOptimizer(optimizer, config))
      expect(made.type).toBe(optimizer)
      // Keras rounds numbers to float32, and the script once more.
      const rounded = (given: Config) =>
        Object.fromEntries(
          Object.entries(given).map(([key, value]) => [key, typeof value === 'number' ? value.toPrecision(6) : value]),
        )
      expect(rounded(made.config)).toMatchObject(rounded(keras))
    },
  )
})
