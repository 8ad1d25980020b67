import { expect } from 'vitest'
import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import type { Engine } from '../../src/runtime/engine.ts'
import { Executable } from '../../src/runtime/executable.ts'
import { testEngine } from './run.ts'

/** Graphs in the forms that the CPU engine prefers, against the same as they stand, on the engine itself. */

const { prepare: _, ...asItStands } = testEngine

/** Runs the graph of `make` in both forms, which must agree, and returns it. */
export async function sameInBothForms(
  shapes: readonly (readonly number[])[],
  make: (values: readonly Value[]) => readonly Value[],
): Promise<Graph> {
  const inputs = shapes.map((shape, i) => Value.input({ dtype: 'float32', shape }, `x${i}`))
  const graph = new Graph({ name: 'g', inputs, outputs: make(inputs) })
  const feeds = shapes.map((shape, i) => drawn(shape, i + 1))
  const run = async (engine: Engine) => (await Executable.create(graph, engine)).run(feeds)
  const [expected, found] = [await run(asItStands), await run(testEngine)]
  expect(found.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape))
  expected.forEach((tensor, i) => {
    const [a, b] = [toNumbers(tensor), toNumbers(found[i] ?? tensor)]
    const scale = a.reduce((most, n) => Math.max(most, Math.abs(n)), 0)
    const worst = a.reduce((most, n, at) => Math.max(most, Math.abs(n - (b[at] ?? Number.NaN))), 0)
    expect(scale).toBeGreaterThan(0)
    expect(worst / scale).toBeLessThan(2e-5)
  })
  return graph
}

/** Numbers in [−¼, ¼), the same for a seed. */
export function drawn(shape: readonly number[], seed: number): TensorData<'float32'> {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state / 2 ** 31 - 1) / 4
  }
  return fromNumbers('float32', shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next))
}
