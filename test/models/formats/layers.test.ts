import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { DType } from '../../../src/core/dtype.ts'
import { fromNumbers } from '../../../src/core/tensor-data.ts'
import { concatenated } from '../../../src/models/formats/hdf5/fields.ts'
import { encodeKeras, readKeras } from '../../../src/models/formats/keras/archive.ts'
import { toKerasConfig } from '../../../src/models/formats/keras/encode.ts'
import { model } from '../../../src/models/functional.ts'
import { type AnyLayer, Symbolic } from '../../../src/nn/layer.ts'
import * as layers from '../../../src/nn/layers/index.ts'
import { applyLayer } from '../../../src/nn/make-layer.ts'
import { root } from '../../support/source-files.ts'

/** Every layer that the golden files have cases of, written to a `.keras` file and read again. */

interface Case {
  layer: string
  config: object
  inputs?: Tensor[]
  input?: Tensor
}
interface Tensor {
  shape: number[]
  dtype?: Exclude<DType, 'string'>
  data: number[]
}

const factories = new Map(Object.entries(layers).map(([name, make]) => [name.toLowerCase(), make]))

const cases = ['layers-a', 'layers-b', 'layers-keras', 'audio-layers', 'augmentation-geometric'].flatMap(file => {
  const golden: Record<string, unknown> = JSON.parse(readFileSync(join(root, `test/golden/${file}.json`), 'utf8'))
  return Object.values(golden)
    .filter((list): list is Partial<Case>[] => Array.isArray(list))
    .flat()
    .filter((item): item is Case => item.layer !== undefined && item.config !== undefined)
})

/** A model of the one layer; undefined where the case's configuration is not plain options. */
function modelOf({ layer, config, inputs, input }: Case) {
  const make = factories.get(layer.toLowerCase()) as ((options: object) => AnyLayer) | undefined
  if (!make) return undefined
  const tensors = inputs ?? (input ? [input] : [])
  const [first, ...rest] = tensors.map(({ shape, dtype = 'float32' }) => layers.input({ shape: shape.slice(1), dtype }))
  if (!first) return undefined
  let output: ReturnType<typeof applyLayer>
  try {
    output = applyLayer(make(config), [first, ...rest])
  } catch {
    return undefined
  }
  return {
    built: model({ inputs: [first, ...rest], outputs: output instanceof Symbolic ? output : [...output] }),
    x: tensors.map(({ shape, dtype = 'float32', data }) => fromNumbers(dtype, shape, data)),
  }
}

const byLayer = new Map<string, Case[]>()
for (const item of cases) byLayer.set(item.layer, [...(byLayer.get(item.layer) ?? []), item])
let checked = 0

describe('a file of each layer gives its outputs and configuration again', () => {
  test.each([...byLayer.keys()])('%s', async name => {
    for (const item of byLayer.get(name) ?? []) {
      const found = modelOf(item)
      if (!found) continue
      const { built, x } = found
      const again = await readKeras(concatenated(encodeKeras(built)), { where: name })
      expect(toKerasConfig(again)).toEqual(toKerasConfig(built))
      expect(await again.predict(x)).toEqual(await built.predict(x))
      checked++
    }
  })

  test('nearly all cases were plain enough', () => {
    expect(checked).toBeGreaterThan(0.9 * cases.length)
  })
})
