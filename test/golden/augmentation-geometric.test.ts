import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import { rotated, sheared, translated, zoomed } from '../../src/nn/layers/augmentation/affine.ts'
import { cut } from '../../src/nn/layers/augmentation/crop.ts'
import { distorted } from '../../src/nn/layers/augmentation/elastic.ts'
import { erased, filling } from '../../src/nn/layers/augmentation/erasing.ts'
import { flipped } from '../../src/nn/layers/augmentation/flip.ts'
import { seenFrom } from '../../src/nn/layers/augmentation/perspective.ts'
import { type Images, onImages } from '../../src/nn/layers/augmentation/random-layer.ts'
import type { Sampling } from '../../src/nn/layers/augmentation/sampling.ts'
import { imageOf } from '../../src/nn/layers/preprocessing/resizing.ts'
import { layerTypes } from '../../src/nn/layers/registry.ts'
import { runLayer } from '../../src/nn/run-layer.ts'
import { scalar } from '../../src/ops/constants.ts'
import { cast } from '../../src/ops/math/cast.ts'
import { difference, layerOf, type Numbers } from '../support/layer-golden.ts'
import { evaluate } from '../support/run.ts'

interface Case {
  readonly layer: string
  readonly config: Readonly<Record<string, unknown>>
  readonly input: Numbers
  readonly transformation?: Readonly<Record<string, Numbers>>
  readonly output: Numbers
}

// Written by reference/augmentation_geometric.py.
const golden: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('augmentation-geometric.json', import.meta.url), 'utf8'),
)

const tensor = ({ shape, data }: Numbers) => fromNumbers('float32', shape, data)

/** What Keras drew, by name. */
type Given = (name: string) => Value
/** A layer's config with every default filled in; the fields that a layer has are known to its entry below. */
interface Config extends Sampling {
  readonly mode: 'horizontal' | 'vertical' | 'horizontalAndVertical'
  readonly height: number
  readonly width: number
  readonly fillValue: number
  readonly valueRange: readonly [number, number]
}

const flags = (value: Value) => cast(value, { to: 'bool' })
const transformed: Readonly<Record<string, (images: Images, given: Given, config: Config) => Value>> = {
  RandomFlip: (images, given, { mode }) => flipped(images, flags(given('flips')), mode),
  RandomRotation: (images, given, config) => rotated(images, given('angle'), config),
  RandomZoom: (images, given, config) =>
    zoomed(images, { height: given('heightZoom'), width: given('widthZoom') }, config),
  RandomTranslation: (images, given, config) => translated(images, { x: given('width'), y: given('height') }, config),
  RandomShear: (images, given, config) => sheared(images, { x: given('x'), y: given('y') }, config),
  RandomPerspective: (images, given, config) =>
    seenFrom(
      images,
      { applied: flags(given('applied')), corners: given('corners') },
      { ...config, fillMode: 'constant' },
    ),
  RandomCrop: (images, given, { height, width }) => {
    const corner = { top: cast(given('top'), { to: 'int64' }), left: cast(given('left'), { to: 'int64' }) }
    return cut(imageOf('randomCrop', images.x, images.format), height, width, corner)
  },
  RandomErasing: (images, given, { fillValue, valueRange }) => {
    const [left, right, top, bottom] = [given('left'), given('right'), given('top'), given('bottom')]
    const fill = filling(images, fillValue, valueRange, () => given('fill'))
    return erased(images, { applied: flags(given('applied')), left, right, top, bottom, fill })
  },
  RandomElasticTransform: (images, given, config) => {
    const [horizontal, vertical] = [given('horizontal'), given('vertical')]
    const distortion = { applied: flags(given('applied')), strength: given('strength'), horizontal, vertical }
    return distorted(images, distortion, config, config.valueRange, 1)
  },
}

function outputOf(item: Case, config: object): Value {
  const layer = layerOf(item.layer, { ...config })
  const x = Value.constant(tensor(item.input))
  const { transformation } = item
  // Without a random key: nothing is left to chance in these cases.
  const tracing = { training: true, masks: new Map(), updates: new Map(), losses: [], weight: () => scalar(0) }
  if (!transformation) return runLayer(tracing, item.layer, layer, [x])[0]
  const apply = transformed[item.layer]
  if (!apply) throw new Error(`no transformation of ${item.layer}`)
  const given: Given = name => {
    const numbers = transformation[name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)]
    if (!numbers) throw new Error(`no '${name}'`)
    return Value.constant(tensor(numbers))
  }
  // Each entry above reads the options that its own layer has.
  const complete = layer.config as Config & { readonly dataFormat: 'channelsLast' | 'channelsFirst' }
  return onImages(item.layer, x, complete.dataFormat, images => apply(images, given, complete))
}

const cases = golden.cases.map((item, i) => ({ ...item, name: `${i}: ${item.layer} ${JSON.stringify(item.config)}` }))

describe('geometric augmentation is Keras’s, and made again from its config', () => {
  test.each(cases)('$name', async item => {
    const [output] = await evaluate([outputOf(item, item.config)], new Map())
    expect(difference(output, item.output, 'output')).toBeLessThan(2e-5)
    const make = layerTypes[item.layer]
    if (!make) throw new Error(`no layer ${item.layer}`)
    const made = make(item.config as never)
    const again = make(JSON.parse(JSON.stringify(made.config)) as never)
    expect(again.config).toEqual(made.config)
  })

  test('there are cases of every layer', () => {
    expect(new Set(golden.cases.map(({ layer }) => layer))).toEqual(new Set(Object.keys(transformed)))
  })
})
