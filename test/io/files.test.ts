import {
  chmod,
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FileError, FormatError } from '../../src/core/errors.ts'
import { fileError, readFileBounded, writeFileAtomic } from '../../src/io/files.ts'

const systemError = (code: string): Error => Object.assign(new Error(`${code}: …`), { code })

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tenon-files-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

describe('writeFileAtomic', () => {
  test('writes text, bytes and pieces, makes parent folders, leaves nothing else behind', async () => {
    await writeFileAtomic(join(dir, 'a/b/text'), 'héllo')
    await writeFileAtomic(join(dir, 'a/b/bytes'), Uint8Array.of(1, 2, 3))
    await writeFileAtomic(join(dir, 'a/b/pieces'), [Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)])
    expect(await readFile(join(dir, 'a/b/text'), 'utf8')).toBe('héllo')
    expect([...(await readFile(join(dir, 'a/b/bytes')))]).toEqual([1, 2, 3])
    expect([...(await readFile(join(dir, 'a/b/pieces')))]).toEqual([1, 2, 3])
    expect((await readdir(join(dir, 'a/b'))).sort()).toEqual(['bytes', 'pieces', 'text'])
  })

  test('replaces what a symbolic link points to, not the link', async () => {
    await writeFile(join(dir, 'real'), 'old')
    await symlink('real', join(dir, 'link'))
    await writeFileAtomic(join(dir, 'link'), 'new')
    expect(await readlink(join(dir, 'link'))).toBe('real')
    expect(await readFile(join(dir, 'real'), 'utf8')).toBe('new')
  })

  test('keeps the old file and removes the temporary one when the disk fills up half-way', async () => {
    const path = join(dir, 'kept')
    await writeFile(path, 'old')
    const probe = await open(path, 'r')
    const writes = vi.spyOn(Object.getPrototypeOf(probe) as FileHandle, 'writeFile')
    await probe.close()
    try {
      writes
        .mockImplementationOnce(() => Promise.resolve())
        .mockImplementationOnce(() => Promise.reject(systemError('ENOSPC')))
      await expect(writeFileAtomic(path, [Uint8Array.of(1), Uint8Array.of(2)])).rejects.toMatchObject({
        code: 'file',
        received: 'a full disk',
      })
      expect(writes).toHaveBeenCalledTimes(2)
    } finally {
      writes.mockRestore()
    }
    expect(await readFile(path, 'utf8')).toBe('old')
    expect(await readdir(dir)).toEqual(['kept'])
  })

  test('readers always see one whole version while writers compete', async () => {
    const path = join(dir, 'contended')
    const versions = Array.from({ length: 8 }, (_, i) => `${i}`.repeat(100_000))
    await writeFileAtomic(path, versions[0] ?? '')
    const reads: string[] = []
    await Promise.all([
      ...versions.map(version => writeFileAtomic(path, version)),
      (async () => {
        for (let i = 0; i < 20; i++) reads.push(await readFile(path, 'utf8'))
      })(),
    ])
    for (const read of reads) expect(versions).toContain(read)
    expect(await readdir(dir)).toEqual(['contended'])
  })

  test('a path through a file is a FileError with code and remedy', async () => {
    await writeFile(join(dir, 'file'), '')
    const error = await writeFileAtomic(join(dir, 'file/below'), 'x').catch((e: unknown) => e)
    expect(error).toBeInstanceOf(FileError)
    expect(error).toMatchObject({
      code: 'file',
      where: join(dir, 'file/below'),
      details: { action: 'write' },
    })
  })

  test.runIf(process.platform === 'linux')('returns where new folders are refused as "no such file"', async () => {
    await expect(writeFileAtomic('/proc/none/x/y', 'x')).rejects.toMatchObject({
      code: 'file',
      details: { code: 'ENOENT' },
    })
  })

  // Root may write everywhere, so permissions mean nothing to it.
  test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('no permission is a FileError', async () => {
    await mkdir(join(dir, 'locked'))
    await chmod(join(dir, 'locked'), 0o555)
    await expect(writeFileAtomic(join(dir, 'locked/x'), 'x')).rejects.toMatchObject({
      code: 'file',
      received: 'permission denied',
    })
  })
})

describe('readFileBounded', () => {
  test('reads files up to the bound, whatever their size', async () => {
    for (const size of [0, 1, 4095, 4096, 4097, 100_000]) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => i % 251)
      await writeFile(join(dir, 'f'), bytes)
      expect(Buffer.compare(await readFileBounded(join(dir, 'f'), size), bytes)).toBe(0)
    }
  })

  test('refuses a larger file, and an endless one', async () => {
    await writeFile(join(dir, 'f'), new Uint8Array(11))
    await expect(readFileBounded(join(dir, 'f'), 10)).rejects.toBeInstanceOf(FormatError)
    if (process.platform === 'linux')
      await expect(readFileBounded('/dev/zero', 100_000)).rejects.toBeInstanceOf(FormatError)
  })

  test.runIf(process.platform === 'linux')('reads special files that claim to be empty', async () => {
    expect((await readFileBounded('/proc/cpuinfo', 10_000_000)).length).toBeGreaterThan(0)
  })

  test('a missing file and a folder are FileErrors', async () => {
    await expect(readFileBounded(join(dir, 'none'), 10)).rejects.toMatchObject({
      code: 'file',
      received: 'no such file or folder',
    })
    await expect(readFileBounded(dir, 1e6)).rejects.toMatchObject({ code: 'file', received: 'a folder' })
  })
})

describe('fileError', () => {
  test.each([
    ['EACCES', 'permission denied'],
    ['EROFS', 'a read-only file system'],
    ['ENOSPC', 'a full disk'],
  ])('%s says %s and what to do', (code, received) => {
    const error = fileError('/x', 'write', systemError(code))
    expect(error).toBeInstanceOf(FileError)
    expect(error.received).toBe(received)
    expect(error.remedy).toBeTruthy()
    expect(error.message).toContain('/x: expected a place that can be written')
  })

  test('passes typed errors through and keeps unknown ones as the cause', () => {
    const own = new FormatError({ where: 'a', expected: 'b', received: 'c' })
    expect(fileError('/x', 'read', own)).toBe(own)
    const odd = new Error('odd')
    expect(fileError('/x', 'read', odd).cause).toBe(odd)
  })
})
