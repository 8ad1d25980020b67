import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, extname, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

/** A Chromium that is installed, driven over pages that a server of our own gives it. */

const usual = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** Where Chromium is: `CHROMIUM_PATH`, or a usual place. */
export const chromiumPath = process.env['CHROMIUM_PATH'] ?? usual.find(path => existsSync(path))

/** Chromium refuses adapters on the CPU unless it is told. It needs no graphics card then. */
const softwareWebgpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']

/** `webgpu`: with an adapter on the CPU (SwiftShader); otherwise with none at all. */
export const launch = ({ webgpu = false } = {}): Promise<Browser> =>
  chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    // Containers have no user that Chromium's sandbox would start as.
    args: ['--no-sandbox', ...(webgpu ? softwareWebgpu : ['--disable-gpu'])],
  })

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
 * threads need.
 */
export async function serve(
  contents: ReadonlyMap<string, string | Uint8Array>,
  folders: Readonly<Record<string, string>>,
  isolated: boolean,
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
  await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://localhost:${port}/`,
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** A new page at a URL whose script has run; `errors` fills with what nobody caught there. */
export async function open(browser: Browser, url: string): Promise<{ readonly page: Page; readonly errors: string[] }> {
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('pageerror', error => errors.push(error.message))
  await page.goto(url, { waitUntil: 'load' })
  await page.waitForFunction('globalThis.inPage !== undefined')
  return { page, errors }
}
