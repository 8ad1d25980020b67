import { layers, sequential } from 'tenon'

/** Thirty layers, whose shapes the compiler follows: see type-time.test.ts. */
export const deep = sequential([
  layers.input({ shape: [224, 224, 3] }),
  layers.conv2d({ filters: 32, kernelSize: 3 }),
  layers.conv2d({ filters: 32, kernelSize: 3 }),
  layers.maxPooling2d(),
  layers.conv2d({ filters: 48, kernelSize: 3 }),
  layers.conv2d({ filters: 48, kernelSize: 3 }),
  layers.conv2d({ filters: 48, kernelSize: 3, padding: 'same' }),
  layers.maxPooling2d(),
  layers.conv2d({ filters: 64, kernelSize: 3 }),
  layers.conv2d({ filters: 64, kernelSize: 3 }),
  layers.conv2d({ filters: 64, kernelSize: [3, 1] }),
  layers.conv2d({ filters: 64, kernelSize: [1, 3] }),
  layers.maxPooling2d({ poolSize: 3, strides: 2 }),
  layers.conv2d({ filters: 96, kernelSize: 3, dilationRate: 2 }),
  layers.conv2d({ filters: 96, kernelSize: 3 }),
  layers.conv2d({ filters: 96, kernelSize: 3 }),
  layers.conv2d({ filters: 96, kernelSize: 3, strides: 2, padding: 'same' }),
  layers.conv2d({ filters: 128, kernelSize: 1 }),
  layers.conv2d({ filters: 128, kernelSize: 1 }),
  layers.conv2d({ filters: 128, kernelSize: 1 }),
  layers.flatten(),
  layers.dense({ units: 512 }),
  layers.dense({ units: 384 }),
  layers.dense({ units: 256 }),
  layers.dense({ units: 192 }),
  layers.dense({ units: 128 }),
  layers.dense({ units: 96 }),
  layers.dense({ units: 64 }),
  layers.dense({ units: 48 }),
  layers.dense({ units: 32 }),
  layers.dense({ units: 10 }),
])
/** So that the shape is worked out at all, and right. */
export const shape: readonly [10] = deep.outputs.shape
