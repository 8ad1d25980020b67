import { afterAll, describe, expect, test } from 'vitest'
import { isFloat } from '../../src/core/dtype.ts'
import type { TensorData } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import type { Operator } from '../../src/graph/operator.ts'
import type { Value } from '../../src/graph/value.ts'
import { operators } from '../../src/ops/index.ts'
import type { Engine } from '../../src/runtime/engine.ts'
import { Executable } from '../../src/runtime/executable.ts'
import { createEngine } from '../../src/runtime/index.ts'
import { cpu, webgpuAvailable } from '../../src/runtime/ort-node/index.ts'
import { worstError } from '../support/run.ts'
import { drawSample } from '../support/samples.ts'

/**
 * One suite for all engines: every sample of every operator gives the same values as on the CPU. Samples of one operator run
 * as one graph; when that fails, one by one, so that the culprit is named. A sample leaves an engine out by `skip`, with the reason.
 * WebGPU takes part where there is an adapter; TENON_WEBGPU=1 makes a missing one a failure.
 */

interface Case {
  readonly index: number
  readonly outputs: readonly Value[]
  readonly feeds: ReadonlyMap<Value, TensorData>
}

const name = (operator: Operator) => `${operator.domain ? `${operator.domain}.` : ''}${operator.type}`

function casesOf(operator: Operator, engine: 'wasm' | 'webgpu'): Case[] {
  return operator.samples.flatMap((sample, index) => {
    if (sample.skip.cpu || sample.skip[engine] || operator.traits.random) return []
    const { values, feeds } = drawSample(operator, sample, index)
    return [{ index, outputs: operator.apply(values, operator.toAttributes(sample.attributes)), feeds }]
  })
}

async function run(cases: readonly Case[], engine: Engine): Promise<TensorData[]> {
  const feeds = new Map(cases.flatMap(({ feeds }) => [...feeds]))
  const graph = new Graph({ inputs: [...feeds.keys()], outputs: cases.flatMap(({ outputs }) => [...outputs]) })
  const executable = await Executable.create(graph, engine)
  try {
    return await executable.run([...feeds.values()])
  } finally {
    await executable.release()
  }
}

const reference = cpu({ threads: 1 })

async function compare(cases: readonly Case[], engine: Engine): Promise<string | undefined> {
  const [want, got] = [await run(cases, reference), await run(cases, engine)]
  let at = 0
  for (const { index, outputs } of cases) {
    for (const [k, output] of outputs.entries()) {
      const [a, b] = [got[at], want[at++]]
      if (!a || !b) return `sample ${index}: no output ${k}`
      if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join())
        return `sample ${index}: output ${k} is ${a.dtype}[${a.shape}], on cpu ${b.dtype}[${b.shape}]`
      const bound = !isFloat(output.dtype) ? 0 : output.dtype === 'float16' || output.dtype === 'bfloat16' ? 1e-2 : 1e-3
      const error = worstError(a, b)
      if (error > bound) return `sample ${index}: output ${k} differs from cpu by ${error}`
    }
  }
  return undefined
}

async function check(operator: Operator, engine: Engine): Promise<void> {
  const kind = engine.name === 'webgpu' ? 'webgpu' : 'wasm'
  const cases = casesOf(operator, kind)
  if (cases.length === 0) return
  let trouble: string | undefined
  try {
    trouble = await compare(cases, engine)
  } catch (error) {
    // The batch does not load or run as a whole: find the sample.
    trouble = String(error)
    for (const one of cases) {
      trouble = await compare([one], engine).catch(cause => `sample ${one.index}: ${String(cause)}`)
      if (trouble) break
    }
  }
  expect(trouble, name(operator)).toBeUndefined()
}

const wasm = await createEngine('wasm', { threads: 1 })
describe('wasm', () => {
  test.for(operators.map(operator => [name(operator), operator] as const))('%s', ([, operator]) =>
    check(operator, wasm),
  )
})

const wanted = process.env['TENON_WEBGPU'] === '1'
const adapter = await webgpuAvailable()
describe.skipIf(!wanted && !adapter.available)('webgpu', async () => {
  const webgpu = await createEngine('webgpu')
  test.for(operators.map(operator => [name(operator), operator] as const))('%s', ([, operator]) =>
    check(operator, webgpu),
  )
})
afterAll(() => {
  if (!wanted && !adapter.available) console.info(`webgpu left out: ${adapter.reason}`)
})
