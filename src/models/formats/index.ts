/**
 * `tenon/formats`: models and weights as bytes, for browsers and wherever there are no files. In Node, `model.save` and `loadModel`
 * take paths.
 *
 *     const response = await fetch('model.keras')
 *     const model = await readKeras(new Uint8Array(await response.arrayBuffer()), { where: 'model.keras' })
 */
export { H5Dataset, H5Group, openH5 } from './hdf5/read.ts'
export { encodeH5, type H5DatasetToWrite, type H5GroupToWrite } from './hdf5/write.ts'
export {
  encodeH5Model,
  encodeH5Weights,
  encodeKeras,
  type ReadOptions,
  readH5Model,
  readH5WeightsInto,
  readKeras,
  readKerasWeights,
} from './keras/archive.ts'
export { modelFromKerasConfig } from './keras/decode-model.ts'
export { toKerasConfig } from './keras/encode.ts'
export { readTfjs, type TfjsOptions } from './tfjs.ts'
export { encodeZip, openZip, type ZipMember } from './zip.ts'
