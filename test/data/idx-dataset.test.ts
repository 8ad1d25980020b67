import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DataError, FileError, FormatError, NetworkError, TenonError } from '../../src/core/errors.ts'
import { type IdxDatasetSpec, loadIdxDataset } from '../../src/data/datasets/idx-dataset.ts'
import { mnist } from '../../src/data/datasets/mnist.ts'
import type { DatasetOptions } from '../../src/data/sources/package-files.ts'
import { type FakeRegistry, fakeRegistry } from './fake-registry.ts'
import { idx } from './idx-file.ts'

/** A data set of 3 + 2 images of 2×2, served by a registry on the loopback interface. */
const files = {
  trainImages: idx(8, [3, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255]),
  trainLabels: idx(8, [3], [2, 0, 1]),
  testImages: idx(8, [2, 2, 2], [9, 8, 7, 6, 5, 4, 3, 2]),
  testLabels: idx(8, [2], [1, 1]),
}
const names = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
}
const pinned = (part: keyof typeof files) => ({
  name: names[part],
  bytes: files[part].length,
  sha256: createHash('sha256').update(files[part]).digest('hex'),
})
const content = new Map(
  Object.entries(files).map(([part, bytes]) => [`data/${names[part as keyof typeof files]}`, bytes]),
)

let dir: string
const registries: FakeRegistry[] = []
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tenon-dataset-'))
  // The user's own npm configuration must not matter here.
  vi.stubEnv('npm_config_userconfig', join(dir, 'npmrc'))
  vi.stubEnv('TENON_CACHE', join(dir, 'cache'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(registries.splice(0).map(registry => registry.close()))
  await rm(dir, { recursive: true, force: true })
})

async function registry(
  answer: 'right' | 'other-content' | 'stall' = 'right',
  packed = content,
): Promise<{ spec: IdxDatasetSpec; served: FakeRegistry }> {
  const served = await fakeRegistry('tiny-digits', '1.0.0', packed, answer)
  registries.push(served)
  vi.stubEnv('npm_config_registry', served.url)
  return { served, spec: spec({ integrity: served.integrity, bytes: served.bytes }) }
}

const spec = ({ integrity = 'sha512-AAAA', bytes = 1000 } = {}): IdxDatasetSpec => ({
  name: 'tiny digits',
  source: { name: 'tiny-digits', version: '1.0.0', integrity, bytes },
  folder: 'data',
  files: {
    trainImages: pinned('trainImages'),
    trainLabels: pinned('trainLabels'),
    testImages: pinned('testImages'),
    testLabels: pinned('testLabels'),
  },
  image: [2, 2],
  classNames: ['a', 'b', 'c'],
})

const failure = async (loading: Promise<unknown>): Promise<TenonError> => {
  const error = await loading.catch((e: unknown) => e)
  if (error instanceof TenonError) return error
  throw new Error(`expected a typed error, got ${String(error)}`)
}

const cached = join('cache', 'datasets', 'tiny-digits-1.0.0')

async function writeLocal(changed: Readonly<Record<string, Uint8Array>> = {}): Promise<DatasetOptions> {
  const source = join(dir, 'local')
  await mkdir(source, { recursive: true })
  for (const part of ['trainImages', 'trainLabels', 'testImages', 'testLabels'] as const) {
    await writeFile(join(source, names[part]), changed[part] ?? files[part])
  }
  return { source }
}

describe('from the registry', () => {
  test('downloads, checks, keeps, and needs no network the next time', async () => {
    const { spec, served } = await registry()
    const progress: number[] = []
    const data = await loadIdxDataset(spec, { onProgress: ({ received, total }) => progress.push(received / total) })
    expect(data.train.x).toEqual({
      dtype: 'uint8',
      shape: [3, 2, 2, 1],
      data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255),
      scale: 1 / 255,
      offset: 0,
    })
    expect(data.train.y).toEqual({ dtype: 'int32', shape: [3], data: Int32Array.of(2, 0, 1) })
    expect(data.test.x.shape).toEqual([2, 2, 2, 1])
    expect([...data.test.y.data]).toEqual([1, 1])
    expect(data.classNames).toEqual(['a', 'b', 'c'])
    expect(progress.at(-1)).toBe(1)
    expect((await readdir(join(dir, cached))).sort()).toEqual(Object.values(names).sort())
    expect(await readdir(join(dir, 'cache', 'datasets'))).toEqual(['tiny-digits-1.0.0'])

    await served.close()
    expect(await loadIdxDataset(spec, {})).toEqual(data)
  })

  test('takes the registry from a project .npmrc', async () => {
    const { spec, served } = await registry()
    vi.stubEnv('npm_config_registry', undefined)
    await writeFile(join(dir, 'npmrc'), `registry=${served.url}\n`)
    await loadIdxDataset(spec, {})
    expect(served.requests.length).toBeGreaterThan(0)
  })

  test('fetches a damaged cache anew', async () => {
    const { spec } = await registry()
    const data = await loadIdxDataset(spec, {})
    const path = join(dir, cached, names.trainImages)
    const damaged = await readFile(path)
    damaged[20] = 99
    await writeFile(path, damaged)
    await rm(join(dir, cached, names.testLabels))
    expect(await loadIdxDataset(spec, {})).toEqual(data)
    expect(Buffer.compare(await readFile(path), files.trainImages)).toBe(0)
    expect(await readdir(join(dir, 'cache', 'datasets'))).toEqual(['tiny-digits-1.0.0'])
  })

  test('several at once get the same, and leave one copy', async () => {
    const { spec } = await registry()
    const all = await Promise.all(Array.from({ length: 4 }, () => loadIdxDataset(spec, {})))
    for (const one of all) expect(one).toEqual(all[0])
    expect(await readdir(join(dir, 'cache', 'datasets'))).toEqual(['tiny-digits-1.0.0'])
  })

  test('removes what a killed process left, a day later', async () => {
    const { spec } = await registry()
    const [old, fresh] = ['old', 'fresh'].map(name => `${join(dir, cached)}.${name}.tmp`)
    for (const path of [old ?? '', fresh ?? '']) await mkdir(path, { recursive: true })
    const before = new Date(Date.now() - 25 * 3600 * 1000)
    await utimes(old ?? '', before, before)
    await loadIdxDataset(spec, {})
    expect((await readdir(join(dir, 'cache', 'datasets'))).sort()).toEqual([
      'tiny-digits-1.0.0',
      'tiny-digits-1.0.0.fresh.tmp',
    ])
  })

  test.each(['other content under the right name', 'a longer file'])('refuses %s and keeps nothing', async kind => {
    const { spec: right, served } = await registry(kind === 'a longer file' ? 'right' : 'other-content')
    const wanted = kind === 'a longer file' ? { ...right, source: { ...right.source, bytes: served.bytes - 1 } } : right
    const error = await failure(loadIdxDataset(wanted, {}))
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toContain('nothing of it was kept')
    expect(await readdir(join(dir, 'cache', 'datasets'))).toEqual([])
  })

  test('refuses a file of the package with another hash, and a package that lacks one', async () => {
    const other = await registry('right', new Map(content).set(`data/${names.testLabels}`, idx(8, [2], [0, 0])))
    const hash = await failure(loadIdxDataset(other.spec, {}))
    expect(hash).toBeInstanceOf(FormatError)
    expect(hash.where).toContain(names.testLabels)
    const lacking = await registry('right', new Map([...content].slice(0, 3)))
    expect((await failure(loadIdxDataset(lacking.spec, {}))).message).toContain(names.testLabels)
  })

  test('offline is a NetworkError that names the way out', async () => {
    const { spec, served } = await registry()
    await served.close()
    const error = await failure(loadIdxDataset(spec, {}))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error.received).toContain('ECONNREFUSED')
    expect(error.remedy).toContain("{ source: '/path/to/tiny digits' }")
    expect(await readdir(join(dir, 'cache', 'datasets'))).toEqual([])
  })

  test('a registry without the package is a NetworkError', async () => {
    const { spec } = await registry()
    const error = await failure(loadIdxDataset({ ...spec, source: { ...spec.source, name: 'unknown' } }, {}))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error.details['code']).toBe('E404')
  })

  test('an aborted download rejects with the reason and keeps nothing', async () => {
    const { spec } = await registry('stall')
    const stop = new AbortController()
    const reason = new Error('enough')
    const loading = loadIdxDataset(spec, { signal: stop.signal, onProgress: () => stop.abort(reason) })
    await expect(loading).rejects.toBe(reason)
    expect(await readdir(join(dir, 'cache', 'datasets'))).toEqual([])
    await expect(loadIdxDataset(spec, { signal: stop.signal })).rejects.toBe(reason)
  })

  test('a cache folder that cannot be made is a FileError that names the option', async () => {
    const { spec } = await registry()
    await writeFile(join(dir, 'blocked'), '')
    const error = await failure(loadIdxDataset(spec, { cache: join(dir, 'blocked') }))
    expect(error).toBeInstanceOf(FileError)
    expect(error.remedy).toContain('TENON_CACHE')
  })
})

describe('from a local folder', () => {
  test('reads plain files, dotted names and .gz', async () => {
    const plain = await loadIdxDataset(spec(), await writeLocal())
    const other = join(dir, 'other')
    await mkdir(other)
    await writeFile(join(other, 'train-images.idx3-ubyte'), files.trainImages)
    await writeFile(join(other, 'train-labels-idx1-ubyte.gz'), gzipSync(files.trainLabels))
    await writeFile(join(other, 't10k-images.idx3-ubyte.gz'), gzipSync(files.testImages))
    await writeFile(join(other, 't10k-labels-idx1-ubyte'), files.testLabels)
    expect(await loadIdxDataset(spec(), { source: other })).toEqual(plain)
    expect(await stat(join(dir, 'cache')).catch(() => undefined)).toBeUndefined()
  })

  test('a missing file is a FileError with the names that were looked for', async () => {
    const options = await writeLocal()
    await rm(join(dir, 'local', names.testLabels))
    const error = await failure(loadIdxDataset(spec(), options))
    expect(error).toBeInstanceOf(FileError)
    expect(error.expected).toContain('t10k-labels.idx1-ubyte.gz')
    await expect(mnist({ source: join(dir, 'nowhere') })).rejects.toBeInstanceOf(FileError)
  })

  test.each([
    ['truncated images', 'trainImages', files.trainImages.subarray(0, -1), FormatError],
    ['images of another size', 'trainImages', idx(8, [3, 2, 1], [1, 2, 3, 4, 5, 6]), FormatError],
    ['no images', 'trainImages', idx(8, [0, 2, 2], []), FormatError],
    ['labels of another type', 'trainLabels', idx(0x0c, [3], new Array(12).fill(0)), FormatError],
    ['a label too few', 'trainLabels', idx(8, [2], [0, 1]), DataError],
    ['a label out of range', 'testLabels', idx(8, [2], [0, 3]), DataError],
    ['an empty file', 'testImages', new Uint8Array(0), FormatError],
  ])('refuses %s', async (_, part, bytes, kind) => {
    const error = await failure(loadIdxDataset(spec(), await writeLocal({ [part]: bytes })))
    expect(error).toBeInstanceOf(kind)
    expect(error.where).toContain(names[part as keyof typeof names])
  })

  test('refuses a damaged .gz, and one that unpacks to far too much', async () => {
    const options = await writeLocal()
    const path = join(dir, 'local', names.trainImages)
    await rm(path)
    await writeFile(`${path}.gz`, gzipSync(files.trainImages).subarray(0, -9))
    expect(await failure(loadIdxDataset(spec(), options))).toBeInstanceOf(FormatError)
    await writeFile(`${path}.gz`, gzipSync(new Uint8Array(500_000)))
    expect((await failure(loadIdxDataset(spec(), options))).received).toContain('when unpacked')
  })
})
