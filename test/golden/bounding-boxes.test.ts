import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromNumbers } from '../../src/core/tensor-data.ts'
import { Value } from '../../src/graph/value.ts'
import { boundingBoxes, Tensor } from '../../src/index.ts'
import { readKeras } from '../../src/models/formats/keras/archive.ts'
import { rotation, shearing, translation, zooming } from '../../src/nn/layers/augmentation/affine.ts'
import { seenThrough, windowAt } from '../../src/nn/layers/augmentation/crop.ts'
import { type AugmentationData, dataOf, dataOption, namesOf, partsOf } from '../../src/nn/layers/augmentation/data.ts'
import { elastic } from '../../src/nn/layers/augmentation/elastic.ts'
import { flipping } from '../../src/nn/layers/augmentation/flip.ts'
import { blending, cutting, mixedData, outside } from '../../src/nn/layers/augmentation/mixing.ts'
import { perspective } from '../../src/nn/layers/augmentation/perspective.ts'
import { type Augmentation, imagesOf, moved } from '../../src/nn/layers/augmentation/random-layer.ts'
import { imageOf } from '../../src/nn/layers/preprocessing/resizing.ts'
import { layerTypes } from '../../src/nn/layers/registry.ts'
import { runLayer } from '../../src/nn/run-layer.ts'
import { scalar } from '../../src/ops/constants.ts'
import { cast } from '../../src/ops/math/cast.ts'
import { difference, layerOf, type Numbers } from '../support/layer-golden.ts'
import { evaluate } from '../support/run.ts'

interface FunctionCase {
  readonly function: Exclude<keyof typeof boundingBoxes, 'prototype'>
  readonly tensors: readonly (Numbers | Readonly<Record<string, Numbers>>)[]
  readonly options: Readonly<Record<string, unknown>>
  readonly output: Numbers | Readonly<Record<string, Numbers>>
}

interface LayerCase {
  readonly layer: string
  readonly config: Readonly<Record<string, unknown>> & { readonly dataFormat?: 'channelsLast' | 'channelsFirst' }
  readonly transformation?: Readonly<Record<string, Numbers>>
  readonly input: AugmentationData<Numbers>
  readonly output: Partial<AugmentationData<Numbers>>
}

// Written by reference/bounding_boxes.py.
const golden: {
  readonly functions: readonly FunctionCase[]
  readonly layers: readonly LayerCase[]
  readonly model: { readonly inputs: readonly Numbers[]; readonly outputs: readonly Numbers[] }
} = JSON.parse(readFileSync(new URL('bounding-boxes.json', import.meta.url), 'utf8'))

const isNumbers = (value: Numbers | object): value is Numbers => 'shape' in value
const tensorOf = ({ shape, data }: Numbers, dtype: 'float32' | 'int32' = 'float32') =>
  new Tensor(Value.constant(fromNumbers(dtype, shape, data)))

const functions = golden.functions.map((item, i) => ({
  ...item,
  name: `${i}: ${item.function} ${JSON.stringify(item.options)}`,
}))

describe('functions of bounding boxes give what Keras’s give', () => {
  test.each(functions)('$name', async item => {
    const given = item.tensors.map(value =>
      isNumbers(value)
        ? tensorOf(value)
        : Object.fromEntries(
            Object.entries(value).map(([key, numbers]) => [
              key,
              tensorOf(numbers, key === 'labels' ? 'int32' : 'float32'),
            ]),
          ),
    )
    const perImage = item.function === 'affineTransform'
    const options = Object.fromEntries(
      Object.entries(item.options).flatMap(([key, value]) =>
        value === null
          ? []
          : [
              [
                key,
                perImage && typeof value === 'object' && isNumbers(value as object)
                  ? tensorOf(value as Numbers)
                  : value,
              ],
            ],
      ),
    )
    // What the golden file holds is what the function takes.
    const call = boundingBoxes[item.function] as (...all: unknown[]) => Tensor | Readonly<Record<string, Tensor>>
    const result = call(...given, options)
    const wanted = isNumbers(item.output) ? { only: item.output } : item.output
    const found = result instanceof Tensor ? { only: result } : result
    expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort())
    for (const [key, numbers] of Object.entries(wanted)) {
      const tensor = found[key]
      const data = tensor && {
        dtype: 'float32' as const,
        shape: tensor.shape as number[],
        data: Float32Array.from((await tensor.data()) as Float32Array),
      }
      expect(difference(data, numbers, key), key).toBeLessThan(2e-5)
    }
  })

  test('there are cases of all of them', () => {
    expect(new Set(golden.functions.map(item => item.function))).toEqual(new Set(Object.keys(boundingBoxes)))
  })
})

/** What Keras drew, by name. */
type Given = (name: string) => Value
const flags = (value: Value) => cast(value, { to: 'bool' })
const whole = (value: Value) => cast(value, { to: 'int64' })

type Batch = AugmentationData<Value>
type Format = 'channelsLast' | 'channelsFirst'

/** A layer's own augmentation with what Keras drew. */
const through =
  <T>(make: (config: never) => Augmentation<T>, drawn: (given: Given) => T) =>
  (batch: Batch, given: Given, config: LayerCase['config'], format: Format): Batch => {
    const augmentation = make(config as never)
    const images = imagesOf(augmentation.where, batch.images, format)
    return moved(augmentation, batch, images, drawn(given), augmentation.options.boundingBoxFormat)
  }

const transformed: Readonly<
  Record<string, (batch: Batch, given: Given, config: LayerCase['config'], format: Format) => Batch>
> = {
  RandomFlip: through(flipping, given => flags(given('flips'))),
  RandomRotation: through(rotation, given => given('angle')),
  RandomZoom: through(zooming, given => ({ height: given('heightZoom'), width: given('widthZoom') })),
  RandomTranslation: through(translation, given => ({ x: given('width'), y: given('height') })),
  RandomShear: through(shearing, given => ({ x: given('x'), y: given('y') })),
  RandomPerspective: through(perspective, given => ({ applied: flags(given('applied')), corners: given('corners') })),
  RandomElasticTransform: through(elastic, given => ({
    applied: flags(given('applied')),
    strength: given('strength'),
    horizontal: given('horizontal'),
    vertical: given('vertical'),
  })),
  RandomCrop(batch, given, config, format) {
    const size = { height: Number(config['height']), width: Number(config['width']) }
    const corner = { top: whole(given('top')), left: whole(given('left')) }
    const image = imageOf('randomCrop', batch.images, format)
    return seenThrough(windowAt(corner, size), batch, image, {
      ...size,
      ...(config as { boundingBoxFormat: 'xyxy' }),
      dataFormat: format,
    })
  },
  MixUp: (batch, given, _, format) =>
    mixedData(blending({}), batch, format, { order: whole(given('permutationOrder')), weight: given('mixWeight') }),
  CutMix(batch, given, _, format) {
    const box = { x0: given('x0'), x1: given('x1'), y0: given('y0'), y1: given('y1') }
    const [, height = 0, width = 0] = batch.images.shape.map(Number)
    const weight = outside(box, height * width)
    return mixedData(cutting({}), batch, format, { order: whole(given('permutationOrder')), box, weight })
  },
}

function outputsOf(item: LayerCase, config: LayerCase['config']): Batch {
  const integers = ['boxLabels', ...(config['padToAspectRatio'] === true ? [] : ['segmentationMasks'])]
  const values = partsOf(item.input).map(([part, { shape, data }]) =>
    Value.constant(fromNumbers(integers.includes(part) ? 'int32' : 'float32', shape, data)),
  )
  const names = namesOf(item.input)
  const { transformation } = item
  if (transformation) {
    const work = transformed[item.layer]
    if (!work) throw new Error(`no transformation of ${item.layer}`)
    const given: Given = name => {
      const numbers = transformation[name]
      if (!numbers) throw new Error(`no '${name}'`)
      return Value.constant(fromNumbers('float32', numbers.shape, numbers.data))
    }
    return work(dataOf(item.layer, names, values), given, config, config.dataFormat ?? 'channelsLast')
  }
  const layer = layerOf(item.layer, config)
  // Without a random key: nothing is left to chance in these cases.
  const tracing = { training: true, masks: new Map(), updates: new Map(), losses: [], weight: () => scalar(0) }
  const [first, ...rest] = values
  if (!first) throw new Error('an input')
  return dataOf(item.layer, names, runLayer(tracing, item.layer, layer, [first, ...rest], { [dataOption]: names }))
}

const layers = golden.layers.map((item, i) => ({ ...item, name: `${i}: ${item.layer} ${JSON.stringify(item.config)}` }))

describe('layers do to boxes, masks and labels what Keras’s do, also when made again from their configs', () => {
  test.each(layers)('$name', async item => {
    const make = layerTypes[item.layer]
    if (!make) throw new Error(`no layer ${item.layer}`)
    const again: LayerCase['config'] = JSON.parse(JSON.stringify(make(item.config as never).config))
    expect(again['boundingBoxFormat']).toBe(item.config['boundingBoxFormat'])
    for (const config of [item.config, again]) {
      const outputs = new Map<string, Value>(partsOf(outputsOf(item, config)))
      const { boundingBoxes: boxes } = item.output
      const wanted = { ...item.output, boxes: boxes?.boxes, boxLabels: boxes?.labels, boundingBoxes: undefined }
      const compared = Object.entries(wanted).flatMap(([part, numbers]) => {
        const value = outputs.get(part)
        if (!numbers || !value) return []
        return [{ part, numbers, value }]
      })
      expect(compared.length).toBeGreaterThan(2)
      const results = await evaluate(
        compared.map(({ value }) => cast(value, { to: 'float32' })),
        new Map(),
      )
      compared.forEach(({ part, numbers }, i) => {
        expect(difference(results[i], numbers, part), part).toBeLessThan(2e-5)
      })
    }
  })
})

test('a file of Keras whose layers take dictionaries opens', async () => {
  const net = await readKeras(readFileSync(new URL('formats/boxes.keras', import.meta.url)), { where: 'boxes.keras' })
  const given = golden.model.inputs.map(({ shape, data }) => fromNumbers('float32', shape, data))
  const outputs = Object.values(await net.predict(given))
  golden.model.outputs.forEach((want, i) => {
    expect(difference(outputs[i], want, `output ${i}`)).toBeLessThan(2e-5)
  })
})
