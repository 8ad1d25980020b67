import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { BuildOptions } from 'esbuild'

/** How esbuild bundles the sources for a browser: as it would the published package, where it needs none of these settings. */

const root = fileURLToPath(new URL('..', import.meta.url))

const manifest: {
  readonly imports: Readonly<Record<string, { readonly browser: string }>>
  readonly exports: Readonly<Record<string, { readonly default: string }>>
} = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))

const source = (built: string): string => built.replace('./dist', `${root}src`).replace(/\.js$/, '.ts')

export const browserBundle = {
  alias: Object.fromEntries([
    ...Object.entries(manifest.imports).map(([name, { browser }]) => [name, source(browser)]),
    // Longer names first: an alias covers what lies under it too.
    ...Object.entries(manifest.exports)
      .map(([path, target]) => [path.replace('.', 'tenon'), source(target.default)])
      .reverse(),
  ]),
  // The sources' own mapping is for Node.
  tsconfigRaw: { compilerOptions: { target: 'es2023' } },
  absWorkingDir: root,
  platform: 'browser',
  format: 'esm',
  bundle: true,
  logLevel: 'silent',
} satisfies BuildOptions

/** Files of ONNX Runtime that a page fetches, as the folder to serve. */
export const ortFolder = fileURLToPath(new URL('.', import.meta.resolve('onnxruntime-web/wasm')))
