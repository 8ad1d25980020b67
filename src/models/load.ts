import type { LoadOptions } from './formats/files.ts'
import type { Model } from './model.ts'

/**
 * Reads a model with its weights from a file: `.keras` (Keras 3), `.h5` (whole models of Keras 2 and 3), or the `model.json` of a
 * TensorFlow.js layers model. Nothing in a file is executed: layers that hold Python code are refused.
 *
 * @throws {FileError} when it cannot be read, {@link FormatError} when it is damaged, {@link UnsupportedError} naming what Tenon does not have.
 */
export async function loadModel(path: string, options?: LoadOptions): Promise<Model> {
  return (await import('#model-files')).loadModel(path, options)
}
