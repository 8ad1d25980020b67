import { mnist } from './datasets/mnist.ts'
import { cars, penguins, usBirths } from './datasets/tabular.ts'

/** Data sets by name. Each call downloads what is missing into a cache folder. */
export const datasets = { cars, mnist, penguins, usBirths } as const

export { type ScaledData, scaled } from '../core/scaled-data.ts'
export type { ImageDataset, LabelledImages } from './datasets/idx-dataset.ts'
export type { Births, Car, Penguin } from './datasets/tabular.ts'
export { decodeIdx } from './sources/idx.ts'
export type { DownloadProgress } from './sources/npm-package.ts'
export type { DatasetOptions } from './sources/package-files.ts'
