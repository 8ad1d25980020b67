import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, extname, join } from 'node:path'

/** A small server for pages: of the browser tests, and of the example for browsers. */

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
}

export interface Site {
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves contents by path, and files of folders. `isolated`: with the headers that make a page cross-origin isolated, which
 * threads need. `port`: default one that is free.
 */
export async function serve(
  contents: ReadonlyMap<string, string | Uint8Array>,
  folders: Readonly<Record<string, string>>,
  isolated: boolean,
  port = 0,
): Promise<Site> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const folder = Object.keys(folders).find(prefix => path.startsWith(prefix))
    const file = folder === undefined ? undefined : join(folders[folder] ?? '', basename(path))
    const body = contents.get(path) ?? (file !== undefined && existsSync(file) ? readFileSync(file) : undefined)
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': types[extname(path === '/' ? 'index.html' : path)] ?? 'application/octet-stream',
      ...(isolated
        ? { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
        : {}),
    })
    response.end(body ?? '')
  })
  await new Promise<void>(resolve => server.listen(port, 'localhost', resolve))
  // A server that listens on a port has an address of this kind.
  const address = server.address() as AddressInfo
  return {
    url: `http://localhost:${address.port}/`,
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
