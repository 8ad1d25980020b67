import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { isFloat } from '../../src/core/dtype.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { type AnyLayer, Symbolic } from '../../src/nn/layer.ts'
import * as layers from '../../src/nn/layers/index.ts'
import { applyLayer } from '../../src/nn/make-layer.ts'
import { LayerGraph } from '../../src/nn/network.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { Executable } from '../../src/runtime/executable.ts'
import { testEngine } from '../support/run.ts'

interface Array_ {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
interface Case {
  readonly layer: string
  readonly config: Readonly<Record<string, unknown>>
  readonly training: boolean
  readonly input: Array_ & { readonly dtype: 'float32' | 'int32' }
  readonly weights: readonly (Array_ & { readonly name: string })[]
  readonly output: Array_
  readonly cotangent: readonly number[]
  readonly gradients: readonly Array_[]
  readonly updated?: readonly (Array_ & { readonly name: string })[]
}

// Written by reference/layers_keras.py.
const golden: { readonly layers: readonly Case[] } = JSON.parse(
  readFileSync(new URL('layers-keras.json', import.meta.url), 'utf8'),
)

const makers: Readonly<Record<string, (config: never) => AnyLayer>> = {
  Dense: layers.dense,
  Conv2D: layers.conv2d,
  MaxPooling2D: layers.maxPooling2d,
  AveragePooling2D: layers.averagePooling2d,
  GlobalAveragePooling2D: layers.globalAveragePooling2d,
  GlobalMaxPooling2D: layers.globalMaxPooling2d,
  Flatten: layers.flatten,
  Dropout: layers.dropout,
  BatchNormalization: layers.batchNormalization,
  LayerNormalization: layers.layerNormalization,
  Embedding: layers.embedding,
}
const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

const cases = golden.layers.map(item => ({
  ...item,
  name: `${item.layer} ${JSON.stringify(item.config)}${item.training ? ' in training' : ''}`,
}))

describe('layers are Keras’s: outputs, gradients, updates', () => {
  test.each(cases)('$name', async item => {
    const make = makers[item.layer]
    if (!make) throw new Error(`no layer ${item.layer}`)
    const { activation } = item.config
    const layer = make({
      ...item.config,
      ...(typeof activation === 'string' ? { activation: camelCase(activation) } : {}),
    } as never)
    const head = layers.input({ shape: item.input.shape.slice(1), dtype: item.input.dtype })
    const symbolic = applyLayer(layer, head)
    if (!(symbolic instanceof Symbolic)) throw new Error('one output')
    const network = new LayerGraph('golden', [head], [symbolic], 1)
    expect(network.variables.map(variable => variable.path.split('/')[1])).toEqual(
      item.weights.map(weight => weight.name),
    )

    const x = Value.input({ dtype: item.input.dtype, shape: item.input.shape }, 'x')
    const weights = new Map(
      network.variables.map(variable => [
        variable,
        Value.input({ dtype: 'float32', shape: variable.shape }, variable.path),
      ]),
    )
    const {
      outputs: [output = x],
      updates,
    } = network.trace([x], {
      training: item.training,
      weight: variable => weights.get(variable) ?? x,
    })
    const cotangent = Value.constant(fromNumbers('float32', item.output.shape, item.cotangent))
    const scalarLoss = reduceSum(mul(output, cotangent), undefined, { keepdims: 0 })
    const trained = network.variables.filter(variable => variable.trainable).map(variable => weights.get(variable) ?? x)
    const wanted = isFloat(item.input.dtype) ? [x, ...trained] : trained
    const grads = gradientsOf(scalarLoss, wanted)
    const updated = network.variables
      .filter(variable => updates.has(variable))
      .map(variable => updates.get(variable) ?? x)
    const executable = await Executable.create(
      new Graph({ inputs: [x, ...weights.values()], outputs: [output, ...grads, ...updated] }),
      testEngine,
    )
    const feeds = [
      fromNumbers(item.input.dtype, item.input.shape, item.input.data),
      ...item.weights.map(weight => fromNumbers('float32', weight.shape, weight.data)),
    ]
    const [got, ...rest] = await executable.run(feeds)

    close(got, item.output, 'output')
    for (const [i, gradient] of item.gradients.entries()) close(rest[i], gradient, `gradient ${i}`)
    expect(grads).toHaveLength(item.gradients.length)
    for (const [i, update] of item.updated?.entries() ?? [])
      close(rest[grads.length + i], update, `updated ${update.name}`)
  })
})

function close(got: TensorData | undefined, want: Array_, what: string): void {
  expect(got?.shape, what).toEqual(want.shape)
  const numbers = got ? toNumbers(got) : new Float64Array()
  const scale = Math.max(1, ...want.data.map(Math.abs))
  want.data.forEach((value, i) => {
    expect(
      Math.abs((numbers[i] ?? Number.NaN) - value) / scale,
      `${what}[${i}]: ${numbers[i]} for ${value}`,
    ).toBeLessThan(2e-5)
  })
}
