import { dirname } from 'node:path'
import type { Transform } from 'node:stream'
import type { Options } from 'pacote'
import { FormatError, NetworkError, TenonError } from '../../core/errors.ts'
import { fileError, systemCode } from '../../io/files.ts'

/** A published package as a source of data, pinned to its bytes. */
export interface NpmSource {
  readonly name: string
  readonly version: string
  /** Subresource integrity of the tarball, `sha512-…`. */
  readonly integrity: string
  /** Size of the tarball. */
  readonly bytes: number
}

export interface DownloadProgress {
  /** Bytes so far, and in all. */
  readonly received: number
  readonly total: number
}

export interface FetchOptions {
  /** An existing folder for the client's own temporary files. */
  readonly workFolder: string
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined
  /** What to do instead of downloading, told in every error. */
  readonly remedy: string
}

/**
 * Downloads the tarball of a package from the user's registry (npm's configuration: environment and .npmrc, so mirrors,
 * proxies and credentials work as they do for npm) and checks it against the pinned hash. No script of the package runs.
 *
 * @throws {NetworkError} when the registry cannot be reached or does not have the package.
 * @throws {FormatError} when what came is not what is pinned.
 */
export async function fetchTarball(source: NpmSource, options: FetchOptions): Promise<Uint8Array> {
  const { signal, workFolder } = options
  signal?.throwIfAborted()
  // Heavy, and needed only once per machine: loaded here so that importing the library stays fast.
  const [{ default: pacote }, config] = await Promise.all([import('pacote'), npmConfig()])
  const registry = typeof config['registry'] === 'string' ? config['registry'] : 'the npm registry'
  const tooLong = new AbortController()
  const settings: Options & { retry: object; signal: AbortSignal } = {
    ...config,
    cache: workFolder,
    integrity: source.integrity,
    // npm's own defaults wait ten seconds before the second try: too long for a person who is offline.
    retry: { retries: 2, factor: 2, minTimeout: 300, maxTimeout: 2000 },
    signal: signal ? AbortSignal.any([signal, tooLong.signal]) : tooLong.signal,
  }
  try {
    return await pacote.tarball.stream(
      `${source.name}@${source.version}`,
      stream => collect(stream, source, tooLong, options),
      settings,
    )
  } catch (cause) {
    signal?.throwIfAborted()
    if (tooLong.signal.aborted) throw wrongContent(source, `more than ${source.bytes} bytes`)
    // What has no code is not a failure of the network or the disk, but a bug, and must look like one.
    if (!(cause instanceof TenonError) && systemCode(cause) === undefined) throw cause
    throw downloadError(source, registry, options, cause)
  }
}

/** Gathers the tarball; one that is longer than pinned is broken off. */
function collect(
  stream: Transform,
  source: NpmSource,
  tooLong: AbortController,
  { onProgress }: FetchOptions,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let received = 0
    stream.on('data', (piece: Buffer) => {
      received += piece.length
      if (received > source.bytes) return tooLong.abort()
      pieces.push(piece)
      onProgress?.({ received, total: source.bytes })
    })
    stream.on('error', reject)
    stream.on('end', () => (tooLong.signal.aborted ? reject(tooLong.signal.reason) : resolve(Buffer.concat(pieces))))
  })
}

/**
 * Files of a tarball by their paths within the package. The tarball must already be verified: its content is trusted here.
 *
 * @throws {FormatError} when one of the paths is not in it.
 */
export async function filesOfTarball(
  tarball: Uint8Array,
  paths: readonly string[],
  where: string,
): Promise<Map<string, Uint8Array>> {
  const { Parser } = await import('tar')
  const wanted = new Set(paths)
  const files = new Map<string, Buffer>()
  await new Promise<void>((resolve, reject) => {
    const parser = new Parser({
      strict: true,
      onReadEntry: entry => {
        // The first component is `package/` by convention, and anything in practice.
        const path = entry.path.slice(entry.path.indexOf('/') + 1)
        if (!wanted.has(path)) return entry.resume()
        const pieces: Buffer[] = []
        entry.on('data', piece => pieces.push(piece))
        entry.on('end', () => files.set(path, Buffer.concat(pieces)))
      },
    })
    parser.on('error', reject)
    parser.on('end', resolve)
    parser.end(Buffer.from(tarball.buffer, tarball.byteOffset, tarball.byteLength))
  })
  const missing = paths.find(path => !files.has(path))
  if (missing !== undefined)
    throw new FormatError({ where, expected: `a file ${missing} in the package`, received: 'none' })
  return files
}

/** npm's configuration as npm itself reads it, in the form that its libraries take. */
async function npmConfig(): Promise<Record<string, unknown>> {
  const [{ default: Config }, { default: definitions }] = await Promise.all([
    import('@npmcli/config'),
    import('@npmcli/config/lib/definitions/index.js'),
  ])
  const config = new Config({
    ...definitions,
    // Where npm is installed, for its built-in npmrc: beside node, as in every official distribution.
    npmPath: dirname(process.execPath),
    argv: [process.execPath],
    // A copy: npm's library writes into it.
    env: { ...process.env },
  })
  await config.load()
  return config.flat
}

function downloadError(
  source: NpmSource,
  registry: string,
  { workFolder, remedy }: FetchOptions,
  cause: unknown,
): TenonError {
  if (cause instanceof TenonError) return cause
  const code = systemCode(cause)
  if (code === 'EINTEGRITY') return wrongContent(source, 'content with another hash', cause)
  if (code !== undefined && storageCodes.has(code)) return fileError(workFolder, 'write', cause)
  const where = `download of ${source.name}@${source.version}`
  const details = { registry, ...(code === undefined ? {} : { code }) }
  if (code === 'E404' || code === 'ETARGET') {
    const received = `none at ${registry}`
    return new NetworkError({
      where,
      expected: 'the package at the npm registry',
      received,
      remedy: `Check npm's setting "registry". ${remedy}`,
      details,
      cause,
    })
  }
  if (code === 'E401' || code === 'E403') {
    const received = `${code.slice(1)} from ${registry}`
    return new NetworkError({
      where,
      expected: 'access to the npm registry',
      received,
      remedy: `Log in to it with npm. ${remedy}`,
      details,
      cause,
    })
  }
  const received = `${code ?? 'no answer'} from ${registry}`
  return new NetworkError({
    where,
    expected: 'an answer of the npm registry',
    received,
    remedy: `Check the connection and npm's settings "registry" and "proxy". ${remedy}`,
    details,
    cause,
  })
}

const storageCodes: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'])

const wrongContent = (source: NpmSource, received: string, cause?: unknown): FormatError =>
  new FormatError({
    where: `download of ${source.name}@${source.version}`,
    expected: `a tarball of ${source.bytes} bytes with hash ${source.integrity}`,
    received,
    remedy: 'The registry or a proxy on the way serves something else under this name; nothing of it was kept.',
    cause,
  })
