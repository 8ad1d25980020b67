import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import { blending, cutting, outside, weighted } from '../../src/nn/layers/augmentation/mixing.ts'
import { degeneration, grey, hue, saturation } from '../../src/nn/layers/augmentation/random-colour.ts'
import { gaussianBlur, sharpness } from '../../src/nn/layers/augmentation/random-filter.ts'
import { type Augmentation, type Images, onImages, perImage } from '../../src/nn/layers/augmentation/random-layer.ts'
import { brightness, contrast, inversion, posterization, solarizing } from '../../src/nn/layers/augmentation/tone.ts'
import type { DataFormat } from '../../src/nn/layers/options.ts'
import { layerTypes } from '../../src/nn/layers/registry.ts'
import { runLayer } from '../../src/nn/run-layer.ts'
import { scalar } from '../../src/ops/constants.ts'
import { cast } from '../../src/ops/math/cast.ts'
import { mul } from '../../src/ops/math/mul.ts'
import { difference, layerOf, type Numbers } from '../support/layer-golden.ts'
import { evaluate } from '../support/run.ts'

interface Case {
  readonly layer: string
  readonly config: Readonly<Record<string, unknown>> & { readonly dataFormat?: DataFormat }
  readonly images: Numbers
  readonly labels?: Numbers
  readonly transformation?: Readonly<Record<string, Numbers>>
  readonly outputs: readonly Numbers[]
}

// Written by reference/augmentation_colour.py.
const golden: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('augmentation-colour.json', import.meta.url), 'utf8'),
)

const tensor = ({ shape, data }: Numbers) => fromNumbers('float32', shape, data)

/** What Keras drew, in the form that the layer's own draw has. */
type Given = (name: string) => Value
const flags = (value: Value) => cast(value, { to: 'bool' })
const applied = <T>({ apply }: Augmentation<T>, transformation: T) => [
  (images: Images) => apply(images, transformation),
]

const transformed: Readonly<Record<string, (config: never, given: Given) => readonly ((images: Images) => Value)[]>> = {
  Solarization: (config, given) =>
    applied(solarizing(config), { additions: given('additions'), thresholds: given('thresholds') }),
  RandomBrightness: (config, given) => applied(brightness(config), given('rgbDelta')),
  RandomContrast: (config, given) => applied(contrast(config), given('contrastFactor')),
  RandomSaturation: (config, given) => applied(saturation(config), perImage(given('factor'))),
  RandomHue: (config, given) => applied(hue(config), perImage(given('factor'))),
  RandomColorDegeneration: (config, given) => applied(degeneration(config), given('factor')),
  RandomGrayscale: (config, given) => applied(grey(config), flags(given('shouldApply'))),
  RandomInvert: (config, given) => applied(inversion(config), flags(given('applyInversion'))),
  RandomPosterization: (config, given) =>
    applied(posterization(config), perImage(cast(given('shiftFactor'), { to: 'uint8' }))),
  RandomSharpness: (config, given) => applied(sharpness(config), perImage(mul(given('factor'), scalar(2)))),
  RandomGaussianBlur: (config, given) =>
    applied(gaussianBlur(config), { blurred: flags(given('shouldApplyBlur')), sigma: given('blurFactor') }),
}

/** In training, without a random key: nothing is left to chance in these cases. */
const trained = (item: Case, config: object, inputs: readonly [Value, ...Value[]]): readonly Value[] =>
  runLayer(
    { training: true, masks: new Map(), updates: new Map(), losses: [], weight: () => scalar(0) },
    item.layer,
    layerOf(item.layer, { ...config }),
    inputs,
  )

/** Images and labels. */
function mixed({ layer, images: { shape }, config }: Case, given: Numbers, images: Value, drawn: Given): Value[] {
  const order = cast(drawn('permutationOrder'), { to: 'int64' })
  const labels = Value.constant(tensor(given))
  const format = config.dataFormat ?? 'channelsLast'
  if (layer === 'MixUp') {
    const transformation = { order, weight: drawn('mixWeight') }
    const work = (batch: Images) => blending(config).apply(batch, transformation)
    return [onImages(layer, images, format, work), weighted(labels, transformation)]
  }
  const box = { x0: drawn('x0'), x1: drawn('x1'), y0: drawn('y0'), y1: drawn('y1') }
  const [, a = 0, b = 0, c = 0] = shape
  const transformation = { order, box, weight: outside(box, format === 'channelsLast' ? a * b : b * c) }
  const work = (batch: Images) => cutting(config).apply(batch, transformation)
  return [onImages(layer, images, format, work), weighted(labels, transformation)]
}

async function check(item: Case, outputs: readonly Value[], feeds: ReadonlyMap<Value, ReturnType<typeof tensor>>) {
  const results = await evaluate(outputs, feeds)
  item.outputs.forEach((want, i) => {
    expect(difference(results[i], want, `output ${i}`), `output ${i}`).toBeLessThan(2e-6)
  })
}

const cases = golden.cases.map((item, i) => ({ ...item, name: `${i}: ${item.layer} ${JSON.stringify(item.config)}` }))

describe('images change as in Keras', () => {
  test.each(cases)('$name', async item => {
    const images = Value.input({ dtype: 'float32', shape: item.images.shape }, 'images')
    const feeds = new Map([[images, tensor(item.images)]])
    const { transformation } = item
    if (!transformation) {
      await check(item, trained(item, item.config, [images]), feeds)
      const make = layerTypes[item.layer]
      if (!make) throw new Error(`no layer ${item.layer}`)
      const again = make(item.config as never).config
      await check(item, trained(item, again, [images]), feeds)
      return
    }
    const given: Given = name => {
      const found = transformation[name]
      if (!found) throw new Error(`no ${name} in the golden file`)
      return Value.constant(tensor(found))
    }
    if (item.labels) {
      await check(item, mixed(item, item.labels, images, given), feeds)
      return
    }
    const works = transformed[item.layer]?.(item.config as never, given)
    if (!works) throw new Error(`no transformation of ${item.layer}`)
    const outputs = works.map(work => onImages(item.layer, images, item.config.dataFormat ?? 'channelsLast', work))
    await check(item, outputs, feeds)
  })
})
