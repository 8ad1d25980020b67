import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

/** A Chromium that is installed, and its pages. */

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

/** A new page at a URL whose script has run; `errors` fills with what nobody caught there. */
export async function open(browser: Browser, url: string): Promise<{ readonly page: Page; readonly errors: string[] }> {
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('pageerror', error => errors.push(error.message))
  await page.goto(url, { waitUntil: 'load' })
  await page.waitForFunction('globalThis.inPage !== undefined')
  return { page, errors }
}
