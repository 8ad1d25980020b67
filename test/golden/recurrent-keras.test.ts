import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { verify } from '../../src/graph/verify.ts'
import { type AnyLayer, Symbolic } from '../../src/nn/layer.ts'
import * as layers from '../../src/nn/layers/index.ts'
import { layerTypes } from '../../src/nn/layers/registry.ts'
import { applyLayer, makeLayer } from '../../src/nn/make-layer.ts'
import { LayerGraph } from '../../src/nn/network.ts'
import { scalar } from '../../src/ops/constants.ts'
import { add } from '../../src/ops/math/add.ts'
import { identity } from '../../src/ops/math/identity.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { Executable } from '../../src/runtime/executable.ts'
import { testEngine } from '../support/run.ts'

interface Numbers {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
interface Case {
  readonly layer: string
  readonly config: Readonly<Record<string, unknown>>
  readonly training: boolean
  readonly inputs: readonly Numbers[]
  readonly mask?: Numbers
  readonly weights: readonly (Numbers & { readonly name: string })[]
  readonly outputs: readonly Numbers[]
  readonly cotangents: readonly (readonly number[])[]
  readonly gradients: readonly Numbers[]
  readonly states?: readonly Numbers[]
}

// Written by reference/recurrent.py.
const golden: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('recurrent-keras.json', import.meta.url), 'utf8'),
)

const isNested = (value: unknown): value is { layer: string; config: Readonly<Record<string, unknown>> } =>
  typeof value === 'object' && value !== null && 'layer' in value && 'config' in value

function make(name: string, config: Readonly<Record<string, unknown>>): AnyLayer {
  const nested = (value: unknown): unknown =>
    isNested(value) ? make(value.layer, value.config) : Array.isArray(value) ? value.map(nested) : value
  const options = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, nested(value)]))
  const maker = layerTypes[name]
  if (!maker) throw new Error(`no layer ${name}`)
  // The options are those of this layer: the golden file was written with them.
  return maker(options as never)
}

/** Gives its first input the second as a mask. */
const withMask = makeLayer({
  type: 'WithMask',
  config: {},
  arity: { min: 2, max: 2 },
  call: ([x]) => identity(x),
  masking: ([, mask]) => mask,
})

function networkOf(item: Case, layer: AnyLayer) {
  const fixed = item.states ? { batchSize: item.inputs[0]?.shape[0] ?? 1 } : {}
  const heads = item.inputs.map(({ shape }) => layers.input({ shape: shape.slice(1), ...fixed }))
  const mask = item.mask && layers.input({ shape: item.mask.shape.slice(1), dtype: 'bool', ...fixed })
  const [x, ...states] = heads
  if (!x) throw new Error('an input')
  const masked = mask ? withMask([x, mask]) : x
  if (!(masked instanceof Symbolic)) throw new Error('one output')
  const result: Symbolic | readonly Symbolic[] = applyLayer(layer, [masked, ...states])
  const outputs = result instanceof Symbolic ? [result] : result
  return new LayerGraph('golden', [...heads, ...(mask ? [mask] : [])], outputs, 1)
}

/** Largest difference, relative to the largest number where that is above 1. */
function difference(got: TensorData | undefined, want: Numbers, what: string): number {
  expect(got?.shape, what).toEqual(want.shape)
  const numbers = got ? toNumbers(got) : new Float64Array()
  const scale = Math.max(1, ...want.data.map(Math.abs))
  return Math.max(0, ...want.data.map((value, i) => Math.abs((numbers[i] ?? Number.NaN) - value) / scale))
}

const cases = golden.cases.map(item => ({
  ...item,
  name: [
    item.layer,
    JSON.stringify(item.config),
    item.mask ? 'masked' : '',
    item.inputs.length > 1 ? 'with initial states' : '',
    item.training ? 'in training' : '',
  ].join(' '),
}))

describe('recurrent layers are Keras’s: outputs, gradients, states', () => {
  test.each(cases)('$name', async item => {
    const layer = make(item.layer, item.config)
    const network = networkOf(item, layer)
    const again = layerTypes[layer.type]?.(layer.config as never)
    expect(again?.config).toEqual(layer.config)
    const wanted = new Map(item.weights.map(weight => [weight.name, weight]))
    const nameOf = (path: string) => path.split('/').slice(1).join('/')
    expect(network.variables.map(({ path }) => nameOf(path)).toSorted()).toEqual([...wanted.keys()].toSorted())

    const feeds = new Map<Value, TensorData>()
    const feed = (dtype: 'float32' | 'bool', { shape, data }: Numbers, name: string): Value => {
      const value = Value.input({ dtype, shape }, name)
      feeds.set(value, fromNumbers(dtype, shape, data))
      return value
    }
    const inputs = item.inputs.map((numbers, i) => feed('float32', numbers, `x${i}`))
    const mask = item.mask && feed('bool', item.mask, 'mask')
    const weights = new Map(
      network.variables.map(variable => {
        const numbers = wanted.get(nameOf(variable.path))
        if (!numbers) throw new Error(`no ${variable.path}`)
        return [variable, feed('float32', numbers, variable.path)]
      }),
    )
    const trace = network.trace([...inputs, ...(mask ? [mask] : [])], {
      training: item.training,
      weight: variable => weights.get(variable) ?? scalar(0),
    })
    const target = trace.outputs
      .map((output, i) => {
        const { shape } = item.outputs[i] ?? { shape: [] }
        expect(output.shape, `inferred shape of output ${i}`).toEqual(shape)
        const cotangent = Value.constant(fromNumbers('float32', shape, item.cotangents[i] ?? []))
        return reduceSum(mul(output, cotangent), undefined, { keepdims: 0 })
      })
      .reduce((a, b) => add(a, b))
    const trained = item.weights.flatMap(({ name }) => {
      const variable = network.variables.find(({ path }) => nameOf(path) === name)
      return variable?.trainable ? [weights.get(variable) ?? scalar(0)] : []
    })
    const gradients = gradientsOf(target, [...inputs, ...trained])
    const states = network.variables.flatMap(variable => trace.updates.get(variable) ?? [])
    const graph = new Graph({ inputs: [...feeds.keys()], outputs: [...trace.outputs, ...gradients, ...states] })
    verify(graph)
    const executable = await Executable.create(graph, testEngine)
    const results = await executable.run([...feeds.values()])
    const take = (list: readonly Numbers[], what: string) => {
      list.forEach((numbers, i) => {
        expect(difference(results.shift(), numbers, `${what} ${i}`), `${what} ${i}`).toBeLessThan(1e-5)
      })
    }
    take(item.outputs, 'output')
    expect(gradients).toHaveLength(item.gradients.length)
    take(item.gradients, 'gradient')
    expect(states).toHaveLength(item.states?.length ?? 0)
    take(item.states ?? [], 'state')
  })
})
