import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, open, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FileError, FormatError, TenonError } from '../core/errors.ts'

/**
 * Writes a file whole or not at all: into a temporary file beside it, flushed to the disk, then renamed over `path`.
 * Whoever reads `path` sees the old content or the new one, also after a crash in between. Missing parent folders are made.
 * A list of pieces is written one after the other, so that large content need not be joined in memory first.
 *
 * @throws {FileError} when the place cannot be written (permission, full disk, read-only file system …); the old file is kept.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | readonly Uint8Array[],
): Promise<void> {
  let temporary: string | undefined
  try {
    await makeFolder(dirname(path))
    // A symbolic link keeps pointing where it did; what it points to is replaced.
    const target = await realpath(path).catch(() => path)
    temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`)
    await writeAndFlush(temporary, content)
    await rename(temporary, target)
    await flushFolder(dirname(target))
  } catch (cause) {
    if (temporary !== undefined) await unlink(temporary).catch(() => undefined)
    throw fileError(path, 'write', cause)
  }
}

/** Adds to the end of a file, which is made where missing, and its folders. For logs, whose readers follow them as they grow. */
export async function appendToFile(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await makeFolder(dirname(path))
    await appendFile(path, content)
  } catch (cause) {
    throw fileError(path, 'write', cause)
  }
}

/**
 * Makes a folder and those above it, where missing. Node's own `recursive` says "no such file" of a read-only file system, and
 * never returns below folders that refuse new entries in that way, such as /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  const make = async (): Promise<unknown> => {
    try {
      await mkdir(path)
      return undefined
    } catch (error) {
      // What the system says of a folder that exists differs: EEXIST, EPERM for a drive, EROFS.
      const isFolder = await stat(path).then(
        found => found.isDirectory(),
        () => false,
      )
      return isFolder ? undefined : error
    }
  }
  let error = await make()
  if (systemCode(error) === 'ENOENT' && dirname(path) !== path) {
    await makeFolder(dirname(path))
    error = await make()
  }
  if (error !== undefined) throw error
}

async function writeAndFlush(path: string, content: string | Uint8Array | readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx')
  try {
    const pieces = typeof content === 'string' || content instanceof Uint8Array ? [content] : content
    for (const piece of pieces) await file.writeFile(piece)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The rename itself lives in the folder's data. Windows has no such call and needs none; a file system that refuses loses nothing but this guarantee. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r').catch(() => undefined)
  try {
    await folder?.sync().catch(() => undefined)
  } finally {
    await folder?.close()
  }
}

/**
 * Reads a whole file of at most `maxBytes` bytes. The bound holds for what is read, not only for what the file's size
 * claims, so a growing file or a device cannot fill the memory.
 *
 * @throws {FileError} when the file is missing or cannot be read.
 * @throws {FormatError} when it is larger than `maxBytes`.
 */
export async function readFileBounded(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      if (size > maxBytes) throw tooLarge(path, maxBytes, `${size} bytes`)
      // One byte more than promised, to notice a file that grows; special files such as /proc/… promise 0.
      let buffer = new Uint8Array(Math.min(Math.max(size, 4096), maxBytes) + 1)
      let length = 0
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length, null)
        if (bytesRead === 0) return buffer.subarray(0, length)
        length += bytesRead
        if (length > maxBytes) throw tooLarge(path, maxBytes, `at least ${length} bytes`)
        if (length === buffer.length) {
          const larger = new Uint8Array(Math.min(buffer.length * 2, maxBytes + 1))
          larger.set(buffer)
          buffer = larger
        }
      }
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw fileError(path, 'read', cause)
  }
}

const tooLarge = (path: string, maxBytes: number, received: string): FormatError =>
  new FormatError({
    where: path,
    expected: `a file of at most ${maxBytes} bytes`,
    received,
    remedy: 'Check that the path names the right file.',
    details: { path, maxBytes },
  })

/** What is the matter and what to do, by the system's error code. */
const causes: Readonly<Record<string, { received: string; remedy: string }>> = {
  EACCES: { received: 'permission denied', remedy: 'Give this user access to it, or choose another place.' },
  EPERM: { received: 'permission denied', remedy: 'Give this user access to it, or choose another place.' },
  EROFS: { received: 'a read-only file system', remedy: 'Choose a place on a file system that can be written.' },
  ENOSPC: { received: 'a full disk', remedy: 'Free some space, or choose a place on another disk.' },
  EDQUOT: { received: 'an exhausted disk quota', remedy: 'Free some space, or choose a place on another disk.' },
  EFBIG: {
    received: 'a file larger than the system allows',
    remedy: 'Raise the limit, or choose a place on another disk.',
  },
  ENOENT: { received: 'no such file or folder', remedy: 'Check the path.' },
  ENOTDIR: { received: 'a path that goes through a file as if it were a folder', remedy: 'Check the path.' },
  EEXIST: {
    received: 'a file where a folder should be, or the other way round',
    remedy: 'Choose another path, or remove what is there.',
  },
  EISDIR: { received: 'a folder', remedy: 'Give the path of a file.' },
  ENAMETOOLONG: { received: 'a name longer than the file system allows', remedy: 'Choose a shorter path.' },
  EMFILE: { received: 'too many open files', remedy: 'Close some, or raise the limit on open files.' },
  ENFILE: { received: 'too many open files', remedy: 'Close some, or raise the limit on open files.' },
}

/** The system's error code, such as `ENOENT`; undefined for errors that do not come from the system. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * The typed error for a failure of the file system, with the system's code in `details.code`. An error that is already one
 * of ours passes through, so a whole block can be wrapped once.
 */
export function fileError(path: string, action: 'read' | 'write', cause: unknown): TenonError {
  if (cause instanceof TenonError) return cause
  const code = systemCode(cause)
  const known = code === undefined ? undefined : causes[code]
  return new FileError({
    where: path,
    expected: action === 'read' ? 'a file that can be read' : 'a place that can be written',
    received: known?.received ?? (cause instanceof Error ? cause.message : String(cause)),
    remedy: known?.remedy ?? 'Check the path and the file system.',
    details: { path, action, ...(code === undefined ? {} : { code }) },
    cause,
  })
}
