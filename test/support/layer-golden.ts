import { expect } from 'vitest'
import { gradientsOf } from '../../src/autodiff/backward.ts'
import { type DType, isFloat } from '../../src/core/dtype.ts'
import { fromNumbers, type TensorData, toNumbers } from '../../src/core/tensor-data.ts'
import { Graph } from '../../src/graph/graph.ts'
import { Value } from '../../src/graph/value.ts'
import { type AnyLayer, type CallOptions, Symbolic } from '../../src/nn/layer.ts'
import * as layers from '../../src/nn/layers/index.ts'
import { layerTypes } from '../../src/nn/layers/registry.ts'
import { applyLayer, makeLayer } from '../../src/nn/make-layer.ts'
import { LayerGraph } from '../../src/nn/network.ts'
import { scalar } from '../../src/ops/constants.ts'
import { add } from '../../src/ops/math/add.ts'
import { cast } from '../../src/ops/math/cast.ts'
import { identity } from '../../src/ops/math/identity.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { reduceSum } from '../../src/ops/reduce/reduce-sum.ts'
import { Executable } from '../../src/runtime/executable.ts'
import { testEngine } from './run.ts'

/** One case of a golden file written with reference/layer_cases.py, whose docstring says what the fields hold. */
export interface LayerCase {
  readonly layer: string
  readonly config: Readonly<Record<string, unknown>>
  readonly training: boolean
  readonly inputs: readonly (Numbers & { readonly dtype: Exclude<DType, 'string'> })[]
  readonly masks?: readonly (Numbers | null)[]
  readonly call?: CallOptions
  readonly weights: readonly (Numbers & { readonly name: string })[]
  readonly outputs: readonly Numbers[]
  readonly cotangents: readonly (readonly number[])[]
  readonly gradients: readonly Numbers[]
  readonly loss?: number
  readonly mask?: Numbers
  readonly updated?: readonly Numbers[]
}

export interface Numbers {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

export const caseName = ({ layer, config, training, masks, call }: LayerCase): string =>
  `${layer} ${JSON.stringify(config)}${call ? ` ${JSON.stringify(call)}` : ''}${masks ? ' masked' : ''}${training ? ' in training' : ''}`

/** The layer of a class name; options that hold a layer hold its class name and options. */
export function layerOf(name: string, config: Readonly<Record<string, unknown>>): AnyLayer {
  const make = layerTypes[name]
  if (!make) throw new Error(`no layer ${name} in the registry`)
  const options = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, isNested(value) ? layerOf(value.layer, value.config) : value]),
  )
  return make(options as never)
}

const isNested = (value: unknown): value is { layer: string; config: Readonly<Record<string, unknown>> } =>
  typeof value === 'object' && value !== null && 'layer' in value && 'config' in value

/** Gives its first input the second as a mask. */
const withMask = makeLayer({
  type: 'WithMask',
  config: {},
  arity: { min: 2, max: 2 },
  call: ([x]) => identity(x),
  masking: ([, mask]) => mask,
})

/** A network of one layer, applied as the case says. */
function networkOf(layer: AnyLayer, item: LayerCase) {
  const given = item.inputs.map(({ shape, dtype }) => layers.input({ shape: shape.slice(1), dtype }))
  const masks = item.inputs.map((_, i) => {
    const mask = item.masks?.[i]
    return mask ? layers.input({ shape: mask.shape.slice(1), dtype: 'bool' }) : undefined
  })
  const [first, ...rest] = given.map((x, i) => {
    const mask = masks[i]
    const masked = mask ? withMask([x, mask]) : x
    if (!(masked instanceof Symbolic)) throw new Error('one output')
    return masked
  })
  if (!first) throw new Error('an input')
  const result: Symbolic | readonly Symbolic[] = applyLayer(layer, [first, ...rest], item.call)
  const outputs = result instanceof Symbolic ? [result] : result
  const heads = [...given, ...masks.filter(mask => mask !== undefined)]
  return { network: new LayerGraph('golden', heads, outputs, 1), outputs }
}

/** Runs the layer as Keras did and compares everything; then once more as made again from its config. Returns the largest error. */
export async function checkLayer(item: LayerCase, tolerance = 2e-5): Promise<number> {
  const layer = layerOf(item.layer, item.config)
  const worst = await compare(layer, item, tolerance)
  const make = layerTypes[layer.type]
  if (!make) throw new Error(`${layer.type} is not in the registry`)
  await compare(make(layer.config as never), item, tolerance)
  return worst
}

async function compare(layer: AnyLayer, item: LayerCase, tolerance: number): Promise<number> {
  const { network, outputs: symbolic } = networkOf(layer, item)
  expect(symbolic.map(({ shape }) => shape)).toEqual(item.outputs.map(({ shape }) => shape.slice(1)))
  expect(network.variables.map(({ path }) => path.split('/').slice(1).join('/'))).toEqual(
    item.weights.map(({ name }) => name),
  )
  expect(network.variables.map(({ shape }) => shape)).toEqual(item.weights.map(({ shape }) => shape))

  const tensors = [
    ...item.inputs.map(({ dtype, shape, data }) => fromNumbers(dtype, shape, data)),
    ...(item.masks ?? []).flatMap(mask => (mask ? [fromNumbers('bool', mask.shape, mask.data)] : [])),
  ]
  const values = tensors.map(({ dtype, shape }, i) => Value.input({ dtype, shape }, `input_${i}`))
  const weights = new Map(
    network.variables.map(variable => [
      variable,
      Value.input({ dtype: 'float32', shape: variable.shape }, variable.path),
    ]),
  )
  const { outputs, masks, updates, losses } = network.trace(values, {
    training: item.training,
    weight: variable => weights.get(variable) ?? scalar(0),
  })
  const loss = losses.reduce(add, scalar(0))
  const target = outputs.reduce((sum, output, i) => {
    const cotangent = Value.constant(fromNumbers('float32', item.outputs[i]?.shape ?? [], item.cotangents[i] ?? []))
    const real = output.dtype === 'float32' ? output : cast(output, { to: 'float32' })
    return add(sum, reduceSum(mul(real, cotangent), undefined, { keepdims: 0 }))
  }, loss)
  const real = values.slice(0, item.inputs.length).filter(({ dtype }) => isFloat(dtype))
  const trained = network.variables.flatMap(variable =>
    variable.trainable ? [weights.get(variable) ?? scalar(0)] : [],
  )
  const gradients = item.gradients.length > 0 ? gradientsOf(target, [...real, ...trained]) : []
  const [mask] = masks
  const updated = network.variables.flatMap(variable =>
    variable.trainable ? [] : [updates.get(variable) ?? weights.get(variable) ?? scalar(0)],
  )
  const executable = await Executable.create(
    new Graph({
      inputs: [...values, ...weights.values()],
      outputs: [...outputs, ...gradients, ...(mask ? [mask] : []), loss, ...(item.updated ? updated : [])],
    }),
    testEngine,
  )
  const results = await executable.run([
    ...tensors,
    ...item.weights.map(({ shape, data }) => fromNumbers('float32', shape, data)),
  ])
  let worst = 0
  const take = (want: Numbers, what: string) => {
    const error = difference(results.shift(), want, what)
    expect(error, what).toBeLessThan(tolerance)
    worst = Math.max(worst, error)
  }
  item.outputs.forEach((want, i) => {
    take(want, `output ${i}`)
  })
  expect(gradients).toHaveLength(item.gradients.length)
  item.gradients.forEach((want, i) => {
    take(want, `gradient ${i}`)
  })
  expect(mask !== undefined, 'a mask').toBe(item.mask !== undefined)
  if (item.mask) take(item.mask, 'mask')
  take({ shape: [], data: [item.loss ?? 0] }, 'loss')
  item.updated?.forEach((want, i) => {
    take(want, `updated ${i}`)
  })
  return worst
}

/** Largest difference, relative to the largest number where that is above 1. */
export function difference(got: TensorData | undefined, want: Numbers, what: string): number {
  expect(got?.shape, what).toEqual(want.shape)
  const numbers = got ? toNumbers(got) : new Float64Array()
  const scale = Math.max(1, ...want.data.map(Math.abs))
  const errors = want.data.map((value, i) => Math.abs((numbers[i] ?? Number.NaN) - value) / scale)
  return errors.some(Number.isNaN) ? Number.POSITIVE_INFINITY : Math.max(0, ...errors)
}
