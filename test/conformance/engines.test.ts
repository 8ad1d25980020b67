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
    const outputs = operator.apply(values, operator.toAttributes(sample.attributes))
    // WebGPU's kernels lack some optional outputs (MaxPool's Indices); gradient rules do without them for that reason.
    const asked = outputs.filter((_, i) => engine !== 'webgpu' || i === 0 || operator.outputs[i]?.kind !== 'optional')
    return [{ index, outputs: asked, feeds }]
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

/** What differs between the engines, sample by sample. */
async function compare(cases: readonly Case[], engine: Engine): Promise<string[]> {
  const [want, got] = [await run(cases, reference), await run(cases, engine)]
  let at = 0
  return cases.flatMap(({ index, outputs }) =>
    outputs.flatMap((output, k) => {
      const [a, b] = [got[at], want[at++]]
      if (!a || !b) return `sample ${index}: no output ${k}`
      if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) {
        return `sample ${index}: output ${k} is ${a.dtype}[${a.shape}], on cpu ${b.dtype}[${b.shape}]`
      }
      const error = worstError(a, b)
      return error <= bound(output, engine) ? [] : `sample ${index}: output ${k} differs from cpu by ${error}`
    }),
  )
}

/** Relative (below 1: absolute). GPUs compute transcendental functions with fewer bits; half types have 11 and 8. */
function bound({ dtype }: Value, engine: Engine): number {
  if (!isFloat(dtype)) return 0
  if (dtype === 'float16' || dtype === 'bfloat16') return 1e-2
  return engine.name === 'webgpu' ? 1e-3 : 1e-4
}

async function check(operator: Operator, engine: Engine): Promise<void> {
  const cases = casesOf(operator, engine.name === 'webgpu' ? 'webgpu' : 'wasm')
  if (cases.length === 0) return
  const trouble = await compare(cases, engine).catch(async () => {
    // The batch does not load or run as a whole: find the samples.
    const found: string[] = []
    for (const one of cases)
      found.push(...(await compare([one], engine).catch(cause => [`sample ${one.index}: ${String(cause)}`])))
    return found
  })
  expect(trouble, name(operator)).toEqual([])
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
