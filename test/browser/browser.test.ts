import { join } from 'node:path'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { browserBundle, ortFolder } from '../../scripts/browser-bundle.ts'
import { type Site, serve } from '../../scripts/static-site.ts'
import { datasets, type LabelledImages } from '../../src/index.ts'
import { readKeras } from '../../src/models/formats/index.ts'
import { decodeModel, Executable } from '../../src/models/onnx.ts'
import { createEngine } from '../../src/runtime/index.ts'
import { chromiumPath, launch, open } from '../support/browser.ts'
import { root } from '../support/source-files.ts'
import type { InPage } from './main.ts'
import { train, type Work } from './page.ts'

/**
 * Tenon in a real browser: everything from building a model to reading it back, on WebAssembly with and without threads and on
 * WebGPU, compared with the CPU engine in Node. Left out where there is no Chromium (CHROMIUM_PATH).
 */

// What the page's script has put on its window.
declare const inPage: InPage

// Adapters on the CPU are slow, and machines that run tests are shared.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const samples = 256
const wasm: Work = { engine: 'wasm', options: { wasmPaths: '/ort/' }, batchSize: 32, epochs: 2 }
/** Software adapters take about a second for a step of 16. */
const webgpu: Work = { ...wasm, engine: 'webgpu', batchSize: 16, epochs: 2 }

let digits: LabelledImages
let isolated: Site
let plain: Site
const browsers: Browser[] = []

const take = ({ x, y }: LabelledImages, count: number): LabelledImages => ({
  x: { ...x, shape: [count, 28, 28, 1], data: x.data.slice(0, count * 784) },
  y: { ...y, shape: [count], data: y.data.slice(0, count) },
})

const trainInPage = (page: Page, count: number, work: Work) =>
  page.evaluate(([count, work]) => inPage.train(count, work), [count, work] as const)
type PageResult = Awaited<ReturnType<typeof trainInPage>>

const refusal = (page: Page, work: Work) => page.evaluate(work => inPage.refusal(work), work)

const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  a.length === b.length ? Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? Number.NaN)))) : Number.NaN

/** What a page trained against the same work on Node's CPU, and the files it made, opened in Node. */
async function compare(result: PageResult, count: number, work: Work): Promise<void> {
  const data = take(digits, count)
  const inNode = await train(data, { ...work, engine: 'cpu', options: {} })
  expect(result.losses.length).toBe(inNode.losses.length)
  expect(apart(result.losses.slice(0, 3), inNode.losses.slice(0, 3))).toBeLessThan(1e-4)
  expect(result.epochLosses.at(-1)).toBeLessThan(0.8 * (result.epochLosses[0] ?? 0))
  expect(apart(result.epochLosses, inNode.epochLosses)).toBeLessThan(0.01)
  expect(result.evaluation.loss).toBeCloseTo(inNode.evaluation.loss, 1)
  expect(result.evaluation.accuracy).toBeGreaterThan(0.5)
  // Read back, it runs on the default engine.
  expect(result.kerasDifference).toBeLessThan(1e-5)

  const cpu = await createEngine('cpu')
  const { graph } = decodeModel(Buffer.from(result.onnx, 'base64'))
  const executable = await Executable.create(graph, cpu)
  const pixels = Float32Array.from(data.x.data, pixel => pixel / 255)
  const [exported] = await executable.run([{ dtype: 'float32', shape: data.x.shape, data: pixels }])
  expect(apart(exported?.data as Float32Array, result.probabilities)).toBeLessThan(1e-4)

  const model = await readKeras(Buffer.from(result.keras, 'base64'), { where: 'model.keras' })
  const [read] = [await model.predict(data.x)].flat()
  expect(apart((read as { data: Float32Array }).data, result.probabilities)).toBeLessThan(1e-4)
}

describe.skipIf(chromiumPath === undefined)('in Chromium', () => {
  beforeAll(async () => {
    digits = (await datasets.mnist()).train
    const { outputFiles } = await build({
      ...browserBundle,
      entryPoints: [join(root, 'test/browser/main.ts')],
      write: false,
    })
    const contents = new Map<string, string | Uint8Array>([
      ['/', '<!doctype html><title>Tenon</title><script type="module" src="/main.js"></script>'],
      ['/main.js', outputFiles[0]?.contents ?? ''],
      ['/pixels', digits.x.data.slice(0, samples * 784)],
      ['/labels', Uint8Array.from(digits.y.data.subarray(0, samples))],
    ])
    isolated = await serve(contents, { '/ort/': ortFolder }, true)
    plain = await serve(contents, { '/ort/': ortFolder }, false)
  })
  afterAll(() => Promise.all([isolated?.close(), plain?.close(), ...browsers.map(browser => browser.close())]))

  const started = async (options: Parameters<typeof launch>[0]) => {
    const browser = await launch(options)
    browsers.push(browser)
    return browser
  }

  describe('on WebAssembly', () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await started({})
    })

    test('a plain page trains, evaluates, predicts, exports and saves on one thread', async () => {
      const { page, errors } = await open(browser, plain.url)
      expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(false)
      await compare(await trainInPage(page, samples, wasm), samples, wasm)
      expect(page.workers().length).toBe(0)
      expect(errors).toEqual([])
    })

    test('an isolated page does so on several threads', async () => {
      const { page, errors } = await open(browser, isolated.url)
      const work: Work = { ...wasm, options: { ...wasm.options, threads: 2 } }
      expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true)
      await compare(await trainInPage(page, samples, work), samples, work)
      expect(page.workers().length).toBeGreaterThan(0)
      expect(errors).toEqual([])
    })

    test('float16 crosses the border as its bits', async () => {
      const { page } = await open(browser, plain.url)
      const values = [0.5, -2, 65504]
      expect(await page.evaluate(([values, work]) => inPage.halves(values, work), [values, wasm] as const)).toEqual(
        values,
      )
    })

    test('500 steps leave no memory behind', async () => {
      const page = await browser.newPage()
      // WebAssembly's memory is in no count of JavaScript's heap.
      await page.addInitScript(() => {
        const memories: WebAssembly.Memory[] = []
        const Memory = WebAssembly.Memory
        WebAssembly.Memory = class extends Memory {
          constructor(descriptor: WebAssembly.MemoryDescriptor) {
            super(descriptor)
            memories.push(this)
          }
        }
        Object.assign(globalThis, { memories })
      })
      await page.goto(isolated.url)
      await page.waitForFunction('globalThis.inPage !== undefined')
      const session = await page.context().newCDPSession(page)
      const work: Work = { ...wasm, options: { ...wasm.options, threads: 2 }, batchSize: 8 }
      const steady = async (count: number) => {
        await page.evaluate(([work, count]) => inPage.steps(8, work, count), [work, count] as const)
        await session.send('HeapProfiler.collectGarbage')
        const { usedSize, backingStorageSize } = await session.send('Runtime.getHeapUsage')
        const wasm = await page.evaluate('memories.reduce((n, { buffer }) => n + buffer.byteLength, 0)')
        return { heap: usedSize, arrays: backingStorageSize, wasm: Number(wasm) }
      }
      const before = await steady(50)
      const then = await steady(500)
      console.info(`500 steps in a page, bytes before and after: ${JSON.stringify([before, then])}`)
      expect(before.wasm).toBeGreaterThan(1e6)
      expect(then.wasm).toBe(before.wasm)
      expect(then.heap - before.heap).toBeLessThan(1e6)
      expect(then.arrays - before.arrays).toBeLessThan(1e6)
    })

    test('errors say what to do', async () => {
      const page = async (site: Site) => (await open(browser, site.url)).page
      expect(await refusal(await page(plain), { ...wasm, options: { threads: 2 } })).toMatch(
        /^UnsupportedError: wasm: expected a cross-origin isolated page.*Cross-Origin-Opener-Policy: same-origin/,
      )
      expect(await refusal(await page(isolated), { ...wasm, options: { threads: 2 } })).toMatch(
        /^ArgumentError: wasm: expected 'wasmPaths'.*for more than one thread/,
      )
      expect(await refusal(await page(plain), { ...wasm, options: { wasmPaths: '/nowhere/' } })).toMatch(
        /^EngineError: onnxruntime-web, starting: expected its files.*wasmPaths/,
      )
      expect(await refusal(await page(plain), { ...wasm, options: { wasmPaths: 'http://:' } })).toMatch(
        /^ArgumentError: wasm: expected wasmPaths as the URL of a folder/,
      )
      expect(await refusal(await page(plain), { ...wasm, engine: 'cpu' })).toMatch(
        /^UnsupportedError: tenon in a browser: .*'wasm' or 'webgpu' engine/,
      )
      expect(await refusal(await page(plain), webgpu)).toMatch(
        /^EngineError: webgpu engine: expected a WebGPU adapter.*Use the wasm engine/,
      )
      expect(await (await page(plain)).evaluate(() => inPage.webgpuAvailable())).toMatchObject({ available: false })
    })
  })

  describe('on WebGPU', () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await started({ webgpu: true })
    })

    test('a page trains, evaluates, predicts, exports and saves', async () => {
      const { page, errors } = await open(browser, plain.url)
      await compare(await trainInPage(page, 64, webgpu), 64, webgpu)
      expect(errors).toEqual([])
    })

    test('mixed precision is refused where the adapter has no float16', async () => {
      const { page } = await open(browser, plain.url)
      const offered = await page.evaluate('navigator.gpu.requestAdapter().then(a => a.features.has("shader-f16"))')
      const answer = await refusal(page, { ...webgpu, precision: 'mixedFloat16' })
      if (offered) expect(answer).toBe('no error')
      else expect(answer).toMatch(/^UnsupportedError: compile: .*shader-f16/)
    })
  })
})

test.runIf(chromiumPath === undefined)('the browser', ({ skip }) =>
  skip('no Chromium found in the usual places; name one with CHROMIUM_PATH'),
)
