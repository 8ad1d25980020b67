import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { fileError, readFileBounded } from '../../io/files.ts'
import { type DecodedModel, decodeModel } from './decode.ts'
import type { ExternalData, ExternalReader } from './decode-tensor.ts'
import { maxModelBytes } from './encode.ts'
import { badFormat, quote } from './failure.ts'

/**
 * Reads an ONNX file, with the weights it keeps in files beside it. Those are only looked for inside the model's own folder.
 *
 * @throws {FileError} when a file is missing or cannot be read.
 * @throws {FormatError} when a file is not what it should be, or points outside of its folder.
 */
export async function readModel(path: string): Promise<DecodedModel> {
  const bytes = await readFileBounded(path, maxModelBytes)
  const files = new ExternalFiles(dirname(path))
  try {
    return decodeModel(bytes, { name: basename(path), external: files.read })
  } finally {
    files.close()
  }
}

interface OpenFile {
  readonly descriptor: number
  readonly size: number
}

class ExternalFiles {
  private readonly files = new Map<string, OpenFile>()
  /** Tensors that share their bytes share the memory. */
  private readonly parts = new Map<string, Uint8Array>()
  private bytesRead = 0

  constructor(private readonly folder: string) {}

  readonly read: ExternalReader = (data, where) => {
    const { location, offset } = data
    const file = this.open(data, where)
    const length = data.length ?? Math.max(0, file.size - offset)
    if (offset + length > file.size) {
      throw badFormat(where, `${length} bytes from ${offset} in ${quote(location)}`, `a file of ${file.size} bytes`)
    }
    const key = `${offset}+${length}:${location}`
    const known = this.parts.get(key)
    if (known) return known
    // Overlapping pieces would multiply a small file into any amount of memory.
    this.bytesRead += length
    const total = [...this.files.values()].reduce((n, { size }) => n + size, 0)
    if (this.bytesRead > total) throw badFormat(where, 'external data whose pieces do not overlap', quote(location))
    const bytes = this.fill(file, offset, length, where)
    this.parts.set(key, bytes)
    return bytes
  }

  private open({ location }: ExternalData, where: string): OpenFile {
    const known = this.files.get(location)
    if (known) return known
    const path = this.inside(location, where)
    try {
      // Asked before opening: a pipe would wait for its writer.
      if (!statSync(path).isFile()) throw badFormat(where, 'a regular file with external data', quote(location))
      const descriptor = openSync(path, 'r')
      const file = { descriptor, size: fstatSync(descriptor).size }
      this.files.set(location, file)
      return file
    } catch (cause) {
      throw fileError(path, 'read', cause)
    }
  }

  /** The path, if it stays in the model's folder also when links are followed. */
  private inside(location: string, where: string): string {
    const refuse = (received: string) => badFormat(where, "external data inside the model's own folder", received)
    // Windows's separator is taken for one everywhere, so that a model means the same on every platform.
    const parts = location.split(/[/\\]/)
    if (isAbsolute(location) || /^[a-zA-Z]:/.test(location) || parts.includes('..') || location.includes('\0'))
      throw refuse(quote(location))
    const path = join(this.folder, ...parts)
    let target: string
    let root: string
    try {
      target = realpathSync(path)
      root = realpathSync(this.folder)
    } catch (cause) {
      throw fileError(path, 'read', cause)
    }
    const within = relative(root, target)
    if (within === '..' || within.startsWith(`..${sep}`) || isAbsolute(within))
      throw refuse(`${quote(location)}, a link to elsewhere`)
    return target
  }

  private fill(file: OpenFile, offset: number, length: number, where: string): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; ) {
      // One call reads at most 2 GiB.
      const got = readSync(file.descriptor, bytes, at, Math.min(length - at, 2 ** 30), offset + at)
      if (got === 0) throw badFormat(where, `${length} bytes of external data`, `${at}, the file having been cut`)
      at += got
    }
    return bytes
  }

  close(): void {
    for (const { descriptor } of this.files.values()) closeSync(descriptor)
  }
}
