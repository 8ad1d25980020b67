import { layers, model, sequential } from 'tenon'
import { expectTypeOf } from 'vitest'

/** Checked by `npm run typecheck`; nothing here runs. */

const image = layers.input({ shape: [28, 28, 1] })

export function literalShapesFlowThroughLayers(): void {
  const features = layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' })(image)
  expectTypeOf(features.shape).toEqualTypeOf<readonly [26, 26, 32]>()
  expectTypeOf(layers.maxPooling2d()(features).shape).toEqualTypeOf<readonly [13, 13, 32]>()
  expectTypeOf(layers.conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: 'same' })(image).shape).toEqualTypeOf<
    readonly [14, 14, 8]
  >()
  expectTypeOf(layers.conv2d({ filters: 8, kernelSize: [3, 5], dilationRate: 2 })(image).shape).toEqualTypeOf<
    readonly [24, 20, 8]
  >()
  expectTypeOf(layers.globalAveragePooling2d()(features).shape).toEqualTypeOf<readonly [32]>()
  expectTypeOf(layers.globalAveragePooling2d({ keepdims: true })(features).shape).toEqualTypeOf<readonly [1, 1, 32]>()
}

export function imagesChangedAtRandomKeepTheirShape(): void {
  const turned = layers.randomRotation({ factor: 0.1 })(layers.randomFlip()(image))
  expectTypeOf(turned.shape).toEqualTypeOf<readonly [28, 28, 1]>()
  const crop = layers.randomCrop({ height: 24, width: 20 })
  expectTypeOf(crop(turned).shape).toEqualTypeOf<readonly [24, 20, 1]>()
  const first = layers.input({ shape: [3, 28, 28] })
  expectTypeOf(layers.randomCrop({ height: 24, width: 20, dataFormat: 'channelsFirst' })(first).shape).toEqualTypeOf<
    readonly (number | null)[]
  >()
  const chain = layers.pipeline({ layers: [layers.randomFlip(), crop, layers.conv2d({ filters: 8, kernelSize: 3 })] })
  expectTypeOf(chain(image).shape).toEqualTypeOf<readonly [22, 18, 8]>()
}

export function theClassicNetwork(): void {
  const classic = sequential([
    image,
    layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dense({ units: 128, activation: 'relu' }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ])
  expectTypeOf(classic.outputs.shape).toEqualTypeOf<readonly [10]>()
  const flat = sequential([
    image,
    layers.conv2d({ filters: 32, kernelSize: 3 }),
    layers.maxPooling2d(),
    layers.flatten(),
  ])
  expectTypeOf(flat.outputs.shape).toEqualTypeOf<readonly [5408]>()
}

export function graphsOfLayers(): void {
  const flat = layers.flatten()(image)
  const [a, b] = [layers.dense({ units: 4 })(flat), layers.dense({ units: 6 })(flat)]
  expectTypeOf(layers.concatenate()([a, b]).shape).toEqualTypeOf<readonly [10]>()
  expectTypeOf(layers.add()([a, a]).shape).toEqualTypeOf<readonly [4]>()
  const net = model({ inputs: image, outputs: { digit: a, size: b } })
  expectTypeOf(net.outputs.digit.shape).toEqualTypeOf<readonly [4]>()
  expectTypeOf(net.outputs.size.shape).toEqualTypeOf<readonly [6]>()
  const encoder = model({ inputs: image, outputs: a })
  expectTypeOf(encoder(image).shape).toEqualTypeOf<readonly [4]>()
  expectTypeOf(
    layers.embedding({ inputDim: 99, outputDim: 8 })(layers.input({ shape: [20], dtype: 'int32' })).shape,
  ).toEqualTypeOf<readonly [20, 8]>()
  expectTypeOf(layers.reshape({ targetShape: [7, -1] })(flat).shape).toEqualTypeOf<readonly [7, 112]>()
}

export async function metricsOfSeveralOutputs(x: number[][], y: Record<string, number[]>): Promise<void> {
  const flat = layers.flatten()(image)
  const net = model({
    inputs: image,
    outputs: { digit: layers.dense({ units: 10 })(flat), size: layers.dense({ units: 1 })(flat) },
  })
  const results = await net
    .compile({
      loss: { digit: 'sparseCategoricalCrossentropy', size: 'meanSquaredError' },
      metrics: { digit: ['accuracy'], size: ['mae'] },
    })
    .evaluate(x, y)
  expectTypeOf(results.digitAccuracy).toEqualTypeOf<number>()
  expectTypeOf(results.sizeMae).toEqualTypeOf<number>()
  expectTypeOf(results.digitLoss).toEqualTypeOf<number>()
  // @ts-expect-error there is no such metric on that output
  results.sizeAccuracy
}

export function unknownSizesAreNumbers(filters: number): void {
  const anything = layers.input({ shape: [28, 28, 1] as number[] })
  expectTypeOf(layers.conv2d({ filters: 3, kernelSize: 3 })(anything).shape).toEqualTypeOf<readonly (number | null)[]>()
  expectTypeOf(layers.conv2d({ filters, kernelSize: 3 })(image).shape).toEqualTypeOf<readonly [26, 26, number]>()
  expectTypeOf(
    layers.conv1d({ filters: 4, kernelSize: 3, padding: 'causal' })(layers.input({ shape: [null, 2] })).shape,
  ).toEqualTypeOf<readonly [null, 4]>()
}

export function wrongRanksAndSizesDoNotCompile(): void {
  const flat = layers.globalMaxPooling2d()(image)
  // @ts-expect-error conv2d needs inputs of shape [height, width, channels]
  layers.conv2d({ filters: 3, kernelSize: 3 })(flat)
  // @ts-expect-error conv2d has a window larger than its input
  layers.conv2d({ filters: 3, kernelSize: 30 })(image)
  // @ts-expect-error the second layer has no images left to convolve
  sequential([image, layers.globalMaxPooling2d(), layers.conv2d({ filters: 32, kernelSize: 3 })])
}
