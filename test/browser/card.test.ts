import { join } from 'node:path'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { browserBundle, ortFolder } from '../../scripts/browser-bundle.ts'
import { type Site, serve } from '../../scripts/static-site.ts'
import { chromiumPath, launch, open } from '../support/browser.ts'
import { root } from '../support/source-files.ts'
import type { CardPage } from './card-page.ts'

/**
 * On WebGPU the training state stays on the card. Counted where the browser's own WebGPU is called, so that what ONNX Runtime moves
 * counts as well; the adapter is on the CPU, so nothing is timed. Left out where there is no Chromium (CHROMIUM_PATH).
 */

// What the page's script has put on its window.
declare const inPage: CardPage

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const apart = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length ? Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN)))) : Number.NaN

describe.skipIf(chromiumPath === undefined)('a training state on the card', () => {
  let browser: Browser
  let site: Site
  beforeAll(async () => {
    const { outputFiles } = await build({
      ...browserBundle,
      entryPoints: [join(root, 'test/browser/card-page.ts')],
      write: false,
    })
    const contents = new Map<string, string | Uint8Array>([
      ['/', '<!doctype html><title>Tenon</title><script type="module" src="/main.js"></script>'],
      ['/main.js', outputFiles[0]?.contents ?? ''],
    ])
    site = await serve(contents, { '/ort/': ortFolder }, false)
    browser = await launch({ webgpu: true })
  })
  afterAll(() => Promise.all([browser?.close(), site?.close()]))

  /** Work in a page of its own. */
  async function page<T>(work: (page: Page) => Promise<T>): Promise<T> {
    const { page, errors } = await open(browser, site.url)
    const result = await work(page)
    expect(errors).toEqual([])
    await page.close()
    return result
  }

  test('the losses are those of a state that is carried, also where weights are updated in chunks', async () => {
    for (const units of [16, 2048]) {
      const { staying, carried } = await page(page => page.evaluate(units => inPage.losses(units, 4), units))
      expect(staying[3]).not.toBe(staying[0])
      expect(apart(staying, carried)).toBeLessThan(1e-6)
    }
  })

  test('what a step reads and writes does not depend on the number of weights', async () => {
    const step = (units: number, stays: boolean) =>
      page(page => page.evaluate(([units, stays]) => inPage.step(units, stays), [units, stays] as const))
    const [small, large, carried] = [await step(16, true), await step(1024, true), await step(1024, false)]
    console.info(`a step moves, in bytes: ${JSON.stringify({ small, large, carried })}`)
    expect(large.weights).toBeGreaterThan(50 * small.weights)
    expect(large.read).toBe(small.read)
    expect(large.read).toBeLessThan(256)
    // The batch, the counters, and the numbers that kernels are called with.
    expect(large.written - small.written).toBeLessThan(1024)
    expect(large.written).toBeLessThan(32 * 1024)
    // What is counted is what there was to save: the weights and Adam's two slots (moving statistics have none).
    expect(carried.read).toBeGreaterThan(2.9 * carried.weights)
  })

  test('1,000 steps leave nothing behind, on the card or here', async () => {
    const [before, after] = await page(async page => {
      const session = await page.context().newCDPSession(page)
      const settled = async (count: number) => {
        const { losses, usage } = await page.evaluate(count => inPage.endurance(count), count)
        await session.send('HeapProfiler.collectGarbage')
        const { usedSize } = await session.send('Runtime.getHeapUsage')
        return { ...usage, heap: usedSize, first: losses[0], last: losses.at(-1) }
      }
      return [await settled(100), await settled(1000)] as const
    })
    console.info(`before and after 1,000 steps: ${JSON.stringify([before, after])}`)
    expect(after.last).toBeLessThan(before.first ?? 0)
    expect(before.buffers).toBeGreaterThan(0)
    expect(after.buffers).toBe(before.buffers)
    expect(after.bytes).toBe(before.bytes)
    expect(after.heap - before.heap).toBeLessThan(1e6)
  })

  test('fit gives back what it took, and models that are dropped do so too', async () => {
    const left = await page(page => page.evaluate(() => inPage.fits(4)))
    expect(left[3]?.buffers).toBe(left[1]?.buffers)
    expect(left[3]?.bytes).toBe(left[1]?.bytes)
    const [before, after] = await page(async page => {
      const session = await page.context().newCDPSession(page)
      const settled = async (count: number) => {
        await page.evaluate(count => inPage.abandon(count), count)
        for (let i = 0; i < 3; i++) {
          await session.send('HeapProfiler.collectGarbage')
          await page.waitForTimeout(300)
        }
        return page.evaluate(() => inPage.usage())
      }
      return [await settled(2), await settled(6)] as const
    })
    console.info(`on the card after 2 models and 6 more that nobody holds: ${JSON.stringify([before, after])}`)
    // A model's state alone is more than this.
    expect(after.bytes - before.bytes).toBeLessThan(512 * 1024)
  })

  test('everything that asks for weights has them', async () => {
    const [staying, carried] = [
      await page(page => page.evaluate(() => inPage.work(true))),
      await page(page => page.evaluate(() => inPage.work(false))),
    ]
    expect(staying.seen.length).toBe(3)
    expect(apart(staying.seen[0] ?? [], staying.seen[2] ?? [])).toBeGreaterThan(1e-4)
    for (const key of ['results', 'predicted', 'good', 'unspoiled'] as const)
      expect(apart(staying[key], carried[key]), key).toBeLessThan(1e-6)
    staying.seen.forEach((weights, i) => {
      expect(apart(weights, carried.seen[i] ?? [])).toBeLessThan(1e-6)
    })
    expect(staying.unspoiled).toEqual(staying.good)
    for (const error of staying.errors) expect(error).toMatch(/^NonFiniteError: .*sample 1 of the data/)
    expect(staying.refusal).toMatch(/^EngineError: .*await model\.syncWeights\(\)/)
    expect(carried.refusal).toBe(carried.good.length)
  })
})

test.runIf(chromiumPath === undefined)('a training state on the card', ({ skip }) =>
  skip('no Chromium found in the usual places; name one with CHROMIUM_PATH'),
)
