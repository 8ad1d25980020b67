import type { Graph } from '../../graph/graph.ts'
import type { DecodedModel } from './decode.ts'
import type { WriteOptions } from './write.ts'

export type { WriteOptions } from './write.ts'

/** What takes paths, loaded where it is first used: a browser, which has none, can then bundle what takes bytes. */

/**
 * Reads an ONNX file, with the weights it keeps in files beside it. Those are only looked for inside the model's own folder.
 *
 * @throws {FileError} when a file is missing or cannot be read.
 * @throws {FormatError} when a file is not what it should be, or points outside of its folder.
 */
export async function readModel(path: string): Promise<DecodedModel> {
  return (await import('#onnx-files')).readModel(path)
}

/**
 * Writes a graph to an ONNX file. Whole or not at all: a crash at any moment leaves the old model or the new one.
 *
 * @returns the paths written, the model's first.
 * @throws {FileError} when they cannot be written; what was there before is kept.
 */
export async function writeModel(file: string, graph: Graph, options: WriteOptions = {}): Promise<readonly string[]> {
  return (await import('#onnx-files')).writeModel(file, graph, options)
}
