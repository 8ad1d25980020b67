import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { UnsupportedError } from '../core/errors.ts'
import { systemCode } from '../io/files.ts'

/**
 * What draws a report: Observable Plot on linkedom's document (charts as SVG without a browser), resvg as WebAssembly with
 * Inter (the same PNG on every machine, with or without fonts), fast-png (digits within the page). All are optional
 * dependencies: who only trains or serves need not install them.
 */
export interface DrawingLibraries {
  readonly Plot: typeof import('@observablehq/plot')
  /** A fresh document for one chart. */
  readonly createDocument: () => Document
  readonly svgToPng: (svg: string) => Uint8Array
  readonly grayPng: (width: number, height: number, pixels: Uint8Array) => Uint8Array
}

/** linkedom's own declarations do not agree with the DOM types of current TypeScript; this is all of it that is used. */
interface Linkedom {
  parseHTML(html: string): { readonly document: Document }
}
const linkedomName: string = 'linkedom'

let libraries: Promise<DrawingLibraries> | undefined

/** @throws {UnsupportedError} naming what to install when a library is missing. */
export function drawingLibraries(): Promise<DrawingLibraries> {
  libraries ??= load().catch((error: unknown) => {
    // A later call may find them installed.
    libraries = undefined
    throw error
  })
  return libraries
}

async function load(): Promise<DrawingLibraries> {
  try {
    const require = createRequire(import.meta.url)
    const [Plot, linkedom, resvg, fastPng, wasm, ...fonts] = await Promise.all([
      import('@observablehq/plot'),
      import(linkedomName) as Promise<Linkedom>,
      import('@resvg/resvg-wasm'),
      import('fast-png'),
      readFile(require.resolve('@resvg/resvg-wasm/index_bg.wasm')),
      ...[400, 600].map(weight =>
        readFile(require.resolve(`@fontsource/inter/files/inter-latin-${weight}-normal.woff2`)),
      ),
    ])
    await resvg.initWasm(wasm)
    return {
      Plot,
      createDocument: () => linkedom.parseHTML('<!doctype html><html><body></body></html>').document,
      svgToPng: svg => {
        const image = new resvg.Resvg(svg, {
          font: { fontBuffers: fonts, loadSystemFonts: false, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' },
          // Twice the size in CSS pixels, for dense screens and print.
          fitTo: { mode: 'zoom', value: 2 },
        })
        return image.render().asPng()
      },
      grayPng: (width, height, data) => fastPng.encode({ width, height, data, channels: 1, depth: 8 }),
    }
  } catch (cause) {
    const code = systemCode(cause)
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause
    throw new UnsupportedError({
      where: 'writeReport',
      expected: 'the libraries that draw reports',
      received: cause instanceof Error ? (cause.message.split('\n')[0] ?? cause.message) : String(cause),
      remedy: 'Install them: npm install @observablehq/plot linkedom @resvg/resvg-wasm fast-png @fontsource/inter',
      cause,
    })
  }
}
