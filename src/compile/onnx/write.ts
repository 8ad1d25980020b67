import { createHash } from 'node:crypto'
import { readdir, realpath, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { TensorData } from '../../core/tensor-data.ts'
import type { Graph } from '../../graph/graph.ts'
import { writeFileAtomic } from '../../io/files.ts'
import type { ExternalData } from './decode-tensor.ts'
import { encodePieces, maxModelBytes } from './encode.ts'
import { bytesOf } from './encode-tensor.ts'

export interface WriteOptions {
  /** Version of ONNX's operator set, at most the newest that Tenon knows. Default: 21, or what the operators need. */
  readonly opset?: number
  /**
   * Keeps the larger weights in a file beside the model, `NAME.HASH.data`, as models beyond 2 GiB must.
   * `'auto'` (default): when the model would come near that size.
   */
  readonly externalData?: boolean | 'auto'
}

/** Smaller tensors stay in the model, where a person's tools see them. */
const externalFrom = 1024
/** Runtimes map weights into memory, which wants whole pages. */
const alignment = 4096
/** What 'auto' leaves for the graph itself. */
const largestInline = maxModelBytes - (64 << 20)

/**
 * Writes a graph to an ONNX file. Whole or not at all: a crash at any moment leaves the old model or the new one, each with
 * its own weights, since the file with the weights is named by its content and the model is renamed into place last.
 *
 * @returns the paths written, the model's first.
 * @throws {FileError} when they cannot be written; what was there before is kept.
 */
export async function writeModel(file: string, graph: Graph, options: WriteOptions = {}): Promise<readonly string[]> {
  // Behind a link: the weights have to lie beside the model itself.
  const path = await realpath(file).catch(() => file)
  const sizes = graph.constants.reduce((n, { constant }) => n + (constant ? (bytesOf(constant)?.length ?? 0) : 0), 0)
  const { externalData = 'auto', opset } = options
  const version = opset === undefined ? {} : { opset }
  if (externalData === false || (externalData === 'auto' && sizes <= largestInline)) {
    await writeFileAtomic(path, encodePieces(graph, version))
    return [path]
  }
  const { pieces, places } = layOut(graph)
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  const location = `${basename(path)}.${hash.digest('hex').slice(0, 16)}.data`
  const place = (tensor: TensorData): ExternalData | undefined => {
    const found = places.get(tensor)
    return found && { location, ...found }
  }
  const data = join(dirname(path), location)
  await writeFileAtomic(data, pieces)
  await writeFileAtomic(path, encodePieces(graph, { ...version, external: place }))
  await removeStale(path, location)
  return [path, data]
}

/** The content of the file with the weights, and where in it each tensor lies. */
function layOut(graph: Graph) {
  const pieces: Uint8Array[] = []
  const places = new Map<TensorData, { readonly offset: number; readonly length: number }>()
  let at = 0
  for (const { constant } of graph.constants) {
    const bytes = constant && bytesOf(constant)
    if (!bytes || bytes.length < externalFrom || places.has(constant)) continue
    const padding = (alignment - (at % alignment)) % alignment
    if (padding > 0) pieces.push(new Uint8Array(padding))
    places.set(constant, { offset: at + padding, length: bytes.length })
    pieces.push(bytes)
    at += padding + bytes.length
  }
  return { pieces, places }
}

/** Weights of models that stood here before: only files of the very name that this function gives. */
async function removeStale(path: string, current: string): Promise<void> {
  const prefix = `${basename(path)}.`
  for (const entry of await readdir(dirname(path))) {
    if (!entry.startsWith(prefix) || entry === current || !/^[0-9a-f]{16}\.data$/.test(entry.slice(prefix.length)))
      continue
    // Left where it is if it cannot be removed: it does no harm.
    await unlink(join(dirname(path), entry)).catch(() => undefined)
  }
}
