import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { create } from 'tar'

/** An npm registry on the loopback interface with one package. */
export interface FakeRegistry {
  readonly url: string
  readonly integrity: string
  readonly bytes: number
  /** Paths that were asked for. */
  readonly requests: string[]
  close(): Promise<void>
}

export async function fakeRegistry(
  name: string,
  version: string,
  files: ReadonlyMap<string, Uint8Array>,
  answer: 'right' | 'other-content' | 'stall' = 'right',
): Promise<FakeRegistry> {
  const tarball = await tarballOf(name, version, files)
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/')
    requests.push(path)
    if (path === `/${name}`) {
      const dist = { tarball: `${url(server)}${name}/-/${name}-${version}.tgz`, integrity }
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { name, version, dist } } }),
      )
    } else if (path === `/${name}/-/${name}-${version}.tgz`) {
      if (answer === 'stall') {
        response.write(tarball.subarray(0, 100))
        return
      }
      const content = answer === 'right' ? tarball : Buffer.concat([tarball.subarray(0, -1), Buffer.of(0xff)])
      response.end(content)
    } else {
      response.statusCode = 404
      response.end('{}')
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: url(server), integrity, bytes: tarball.length, requests, close }
}

const url = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

async function tarballOf(name: string, version: string, files: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  const dir = await mkdtemp(join(tmpdir(), 'tenon-package-'))
  try {
    const all = new Map(files).set('package.json', Buffer.from(JSON.stringify({ name, version })))
    for (const [path, content] of all) {
      await mkdir(dirname(join(dir, 'package', path)), { recursive: true })
      await writeFile(join(dir, 'package', path), content)
    }
    await create({ cwd: dir, gzip: true, file: join(dir, 'package.tgz') }, ['package'])
    return await readFile(join(dir, 'package.tgz'))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
