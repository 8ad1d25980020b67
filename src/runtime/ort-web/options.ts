import { ArgumentError, UnsupportedError } from '../../core/errors.ts'
import type { EngineOptions } from '../engine.ts'

/**
 * `threads`: default all cores in Node. In a browser half of the cores up to four, where the page is cross-origin isolated and
 * `wasmPaths` is given, otherwise one. The first session of a page decides, for all engines of a name in it. The first `wasmPaths` of a
 * page holds for all its engines, the default one as well.
 */
export type WebOptions = EngineOptions

/**
 * `served`: the page knows already where ONNX Runtime's files are.
 *
 * @throws {ArgumentError} for options that are none, and for threads without a place of their files.
 * @throws {UnsupportedError} for threads in a page that may have none.
 */
export function checkOptions(where: string, { threads, wasmPaths }: WebOptions, served: boolean): void {
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1))
    throw new ArgumentError({ where, expected: 'threads as an integer of at least 1', received: String(threads) })
  if (wasmPaths !== undefined && !URL.canParse(wasmPaths, pageUrl()))
    throw new ArgumentError({ where, expected: 'wasmPaths as the URL of a folder', received: `'${wasmPaths}'` })
  // Node knows no isolation.
  if (threads === undefined || threads === 1 || globalThis.crossOriginIsolated === undefined) return
  if (!globalThis.crossOriginIsolated) {
    throw new UnsupportedError({
      where,
      expected: 'a cross-origin isolated page, for more than one thread',
      received: `${threads} threads in a page that is not`,
      remedy:
        "Serve the page with the headers 'Cross-Origin-Opener-Policy: same-origin' and 'Cross-Origin-Embedder-Policy: require-corp', or leave 'threads' out.",
    })
  }
  if (!served && wasmPaths === undefined) {
    // ONNX Runtime's threads load the script that it is in. In a bundle that is the whole page's, which cannot run there.
    throw new ArgumentError({
      where,
      expected: "'wasmPaths', the folder of ONNX Runtime's files, for more than one thread",
      received: 'nothing',
      remedy: "Serve node_modules/onnxruntime-web/dist, and name the folder: { threads: 2, wasmPaths: '/ort/' }.",
    })
  }
}

/** The folder as an absolute URL with its last slash, as ONNX Runtime takes it. */
export function folderUrl(wasmPaths: string): string {
  const { href } = new URL(wasmPaths, pageUrl())
  return href.endsWith('/') ? href : `${href}/`
}

const pageUrl = (): string | undefined => globalThis.location?.href
