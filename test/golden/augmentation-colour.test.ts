import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import { chains, mixed as ofChains } from '../../src/nn/layers/augmentation/aug-mix.ts'
import { blending, cutting, outside, weighted } from '../../src/nn/layers/augmentation/mixing.ts'
import { changed, policyLayers } from '../../src/nn/layers/augmentation/policy.ts'
import { type PolicyOptions, policyConfig } from '../../src/nn/layers/augmentation/rand-augment.ts'
import { degeneration, grey, hue, saturation } from '../../src/nn/layers/augmentation/random-colour.ts'
import { gaussianBlur, sharpness } from '../../src/nn/layers/augmentation/random-filter.ts'
import { type Augmentation, type Images, onImages, perImage } from '../../src/nn/layers/augmentation/random-layer.ts'
import { brightness, contrast, inversion, posterization, solarizing } from '../../src/nn/layers/augmentation/tone.ts'
import type { DataFormat } from '../../src/nn/layers/options.ts'
import { layerTypes } from '../../src/nn/layers/registry.ts'
import { makeLayer } from '../../src/nn/make-layer.ts'
import { runLayer } from '../../src/nn/run-layer.ts'
import { constant, ints, scalar } from '../../src/ops/constants.ts'
import { gather } from '../../src/ops/index/gather.ts'
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

interface PolicyCase extends Omit<Case, 'config'> {
  readonly config: PolicyOptions
  readonly names: readonly string[] | readonly (readonly (string | null)[])[]
  readonly shares?: { readonly chains: Numbers; readonly own: number }
}

// Written by reference/augmentation_colour.py.
const golden: { readonly cases: readonly Case[]; readonly policies: readonly PolicyCase[] } = JSON.parse(
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

async function check(
  item: Pick<Case, 'outputs'>,
  outputs: readonly Value[],
  feeds: ReadonlyMap<Value, ReturnType<typeof tensor>>,
) {
  const results = await evaluate(outputs, feeds)
  item.outputs.forEach((want, i) => {
    expect(difference(results[i], want, `output ${i}`), `output ${i}`).toBeLessThan(2e-6)
  })
}

const policies = golden.policies.map((item, i) => ({
  ...item,
  name: `${i}: ${item.layer} ${JSON.stringify(item.names)}`,
}))

describe('policies change images as in Keras', () => {
  test.each(policies)('$name', async item => {
    const config = policyConfig(item.layer, item.config, 0.5)
    const byName = policyLayers(config)
    const all = Object.values(byName)
    const key = constant([0, 0], [2], 'int64')
    const index = (name: string | null) => (name === null ? -1 : Object.keys(byName).indexOf(name))
    const policy = makeLayer({
      type: item.layer,
      config: {},
      call([x], scope) {
        const { shares } = item
        if (!shares)
          return item.names
            .flat()
            .reduce((y, name) => changed({ images: y }, scalar(index(name), 'int64'), all, key, scope).images, x)
        const chosen = ints(item.names.flat().map(index))
        const depth = item.names.flat().length / item.names.length
        const weights = Value.constant(tensor(shares.chains))
        const [sum = x] = chains([x], weights, depth, ([y = x], place) => [
          changed({ images: y }, gather(chosen, place, {}), all, key, scope).images,
        ])
        return ofChains(x, sum, constant([shares.own]), config.valueRange)
      },
    })
    const images = Value.input({ dtype: 'float32', shape: item.images.shape }, 'images')
    const outputs = runLayer(
      { training: true, masks: new Map(), updates: new Map(), losses: [], weight: () => scalar(0) },
      item.layer,
      policy,
      [images],
    )
    await check(item, outputs, new Map([[images, tensor(item.images)]]))
  })
})

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
