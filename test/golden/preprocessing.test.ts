import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromNumbers, type TensorData } from '../../src/core/tensor-data.ts'
import { model } from '../../src/models/functional.ts'
import { type AnyLayer, Symbolic } from '../../src/nn/layer.ts'
import * as layers from '../../src/nn/layers/index.ts'
import { layerTypes } from '../../src/nn/layers/registry.ts'
import { applyLayer } from '../../src/nn/make-layer.ts'
import { difference, type Numbers } from '../support/layer-golden.ts'

type Tokens = readonly string[] | readonly (readonly string[])[] | readonly (readonly number[])[]
interface Case {
  readonly layer: string
  readonly config: Readonly<Record<string, unknown>>
  readonly adapt?: Numbers | Tokens
  readonly input: (Numbers & { readonly dtype: 'float32' | 'int32' | 'int64' }) | Tokens
  readonly output: Numbers | { readonly shape: readonly number[]; readonly data: readonly string[] }
  readonly vocabulary?: readonly (string | number)[]
}

// Written by reference/preprocessing.py.
const golden: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('preprocessing.json', import.meta.url), 'utf8'),
)

interface Adapting {
  adapt?(data: unknown): unknown
  tokenize?(texts: readonly string[]): TensorData<'string'>
  getVocabulary?(): readonly unknown[]
}

function tensorOf(input: Case['input'], layer: Adapting): TensorData {
  if ('shape' in input) return fromNumbers(input.dtype, input.shape, input.data)
  if (layer.tokenize) return layer.tokenize(input.map(String))
  const rows = input.filter(row => typeof row !== 'string')
  const shape = [rows.length, rows[0]?.length ?? 0]
  const all: (string | number)[] = rows.flatMap((row): (string | number)[] => [...row])
  return typeof all[0] === 'string'
    ? { dtype: 'string', shape, data: all.map(String) }
    : fromNumbers('int64', shape, all.map(Number))
}

async function check(layer: AnyLayer & Adapting, item: Case): Promise<void> {
  const x = tensorOf(item.input, layer)
  const head = layers.input({ shape: x.shape.slice(1), dtype: x.dtype })
  const output = applyLayer(layer, head)
  if (!(output instanceof Symbolic)) throw new Error('one output')
  expect(output.shape).toEqual(item.output.shape.slice(1))
  const y = await model({ inputs: head, outputs: output, seed: 1 }).predict(x)
  if (y.dtype === 'string') expect(y.data).toEqual(item.output.data)
  else {
    const data = item.output.data.map(Number)
    expect(difference(y, { shape: item.output.shape, data }, 'output')).toBeLessThan(2e-5)
  }
}

const cases = golden.cases.map((item, i) => ({ ...item, name: `${i}: ${item.layer} ${JSON.stringify(item.config)}` }))

describe('preprocessing is Keras’s, and made again from its config', () => {
  test.each(cases)('$name', async item => {
    const make = layerTypes[item.layer]
    if (!make) throw new Error(`no layer ${item.layer}`)
    const layer: AnyLayer & Adapting = make(item.config as never)
    const { adapt } = item
    const data = adapt && ('shape' in adapt ? fromNumbers('float32', adapt.shape, adapt.data) : adapt)
    if (data) expect(layer.adapt?.(data)).toBe(layer)
    if (item.vocabulary) expect(layer.getVocabulary?.()).toEqual(item.vocabulary)
    await check(layer, item)
    const again: AnyLayer & Adapting = make(JSON.parse(JSON.stringify(layer.config)) as never)
    // What Normalization learns is in its weights.
    if (data && item.layer === 'Normalization') again.adapt?.(data)
    await check(again, item)
  })
})
