import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exampleSite } from '../../examples/browser/site.ts'
import { ortFolder } from '../../scripts/browser-bundle.ts'
import { serve } from '../../scripts/static-site.ts'
import { chromiumPath, launch } from '../support/browser.ts'
import { root } from '../support/source-files.ts'

/** The example page as a person uses it: it trains in its worker, reads a drawn digit, and gives the model away. */

test.skipIf(chromiumPath === undefined)(
  'the example page learns digits and reads a drawn one',
  async () => {
    const site = await serve(await exampleSite(1500), { '/ort/': ortFolder }, true)
    const browser = await launch()
    try {
      const page = await browser.newPage({ viewport: { width: 860, height: 640 } })
      const errors: string[] = []
      page.on('pageerror', error => errors.push(error.message))
      await page.goto(`${site.url}?samples=1500`)
      await page.click('#train')
      await page.waitForFunction("/Trained|expected/.test(document.getElementById('status').textContent)", undefined, {
        timeout: 150_000,
      })
      const status = (await page.textContent('#status')) ?? ''
      const [, accuracy] = /Trained in [\d.]+ s: ([\d.]+) % of 300 other digits/.exec(status) ?? []
      expect(Number(accuracy), status).toBeGreaterThan(80)
      // A seven.
      const box = await page.locator('#pad').boundingBox()
      const at = (x: number, y: number) => [(box?.x ?? 0) + x, (box?.y ?? 0) + y] as const
      await page.mouse.move(...at(80, 70))
      await page.mouse.down()
      await page.mouse.move(...at(200, 70), { steps: 8 })
      await page.mouse.move(...at(130, 220), { steps: 8 })
      await page.mouse.up()
      await page.waitForSelector('#answers li.best')
      const saved = page.waitForEvent('download')
      await page.click('#save')
      expect((await saved).suggestedFilename()).toBe('digits.onnx')
      const folder = join(root, 'out/browser')
      mkdirSync(folder, { recursive: true })
      await page.screenshot({ path: join(folder, 'example.png') })
      expect(await page.textContent('#answers li.best')).toMatch(/^7/)
      expect(errors).toEqual([])
    } finally {
      await browser.close()
      await site.close()
    }
  },
  240_000,
)

test.runIf(chromiumPath === undefined)('the example page', ({ skip }) =>
  skip('no Chromium found in the usual places; name one with CHROMIUM_PATH'),
)
