import { layers, sequential } from 'tenon'
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
