import { ArgumentError, UnsupportedError } from '../../core/errors.ts'
import type { EngineOptions } from '../engine.ts'

/**
 * `threads`: default all cores in Node; in a browser ONNX Runtime's own choice, half of the cores up to four, or one unless the page
 * is cross-origin isolated. The first session of a page decides, for all engines of a name in it. The first `wasmPaths` of a page
 * holds for all its engines, the default one as well.
 */
export type WebOptions = EngineOptions

/**
 * @throws {ArgumentError} for options that are none.
 * @throws {UnsupportedError} for threads in a page that may have none.
 */
export function checkOptions(where: string, { threads, wasmPaths }: WebOptions): void {
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1))
    throw new ArgumentError({ where, expected: 'threads as an integer of at least 1', received: String(threads) })
  if (wasmPaths !== undefined && !URL.canParse(wasmPaths, pageUrl()))
    throw new ArgumentError({ where, expected: 'wasmPaths as the URL of a folder', received: `'${wasmPaths}'` })
  if (threads !== undefined && threads > 1 && globalThis.crossOriginIsolated === false) {
    throw new UnsupportedError({
      where,
      expected: 'a cross-origin isolated page, for more than one thread',
      received: `${threads} threads in a page that is not`,
      remedy:
        "Serve the page with the headers 'Cross-Origin-Opener-Policy: same-origin' and 'Cross-Origin-Embedder-Policy: require-corp', or leave 'threads' out.",
    })
  }
}

/** The folder as an absolute URL with its last slash, as ONNX Runtime takes it. */
export function folderUrl(wasmPaths: string): string {
  const { href } = new URL(wasmPaths, pageUrl())
  return href.endsWith('/') ? href : `${href}/`
}

const pageUrl = (): string | undefined => globalThis.location?.href
